import JSON
import Protocol
import Realtime

/// Where operators of a run listen, and what every notice says of the run.
struct OperatorChannels: Sendable {
    let all: [ChannelIdentity]
    /// For what only those read who look at this agent.
    let forDetails: [ChannelIdentity]
    private let session: SessionID
    private let agent: AgentID?

    init(_ assignment: RunAssignment) {
        let team = ChannelIdentity.team(assignment.team)
        let own = assignment.agent.map { ChannelIdentity.agent($0, of: assignment.team) }
        all = [own, team].compactMap { $0 }
        forDetails = [own ?? team]
        session = assignment.lease.session
        agent = assignment.agent
    }

    func payload(_ notice: OperatorNotice) -> JSONObject {
        var payload: JSONObject = ["sessionId": .string(session.text)]
        payload["agentId"] = agent.map { .string($0.text) }
        for (key, value) in notice.payload { payload[key] = value }
        return payload
    }
}
