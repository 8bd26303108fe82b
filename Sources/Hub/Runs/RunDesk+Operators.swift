import JSON
import Protocol
import Realtime
import Store

extension RunDesk {
    /// Tells operators of a run that ended without a worker to tell them: on the channels of its
    /// agent and its team, in the form in which workers do.
    func tellOperators(
        of session: SessionID, _ ending: Ending, _ iteration: Iteration
    ) throws {
        guard let row = try directory.entry(session, iteration)?.row else { return }
        let agent = try RunAssignment.agent(of: row, iteration.store)
        var about: JSONObject = ["sessionId": .string(session.text)]
        about["agentId"] = agent.map { .string($0.text) }
        var status = about
        status["status"] = .string(SessionStatus.interrupted.rawValue)
        var events: [(DomainEventType, JSONObject)] = [(.agentStatusChanged, status)]
        if ending == .agentLost {
            var blocker = about
            blocker["reason"] = "failed"
            blocker["code"] = "AGENT_LOST"
            blocker["error"] = "The process that ran this session is gone; send a message to go on."
            blocker["canRetry"] = true
            events.append((.blockerRaised, blocker))
        }
        let own = agent.map { ChannelIdentity.agent($0, of: row.teamID) }
        for channel in [own, .team(row.teamID)].compactMap({ $0 }) {
            for (type, payload) in events { try tell(type, payload, on: channel, iteration) }
        }
    }

    private func tell(
        _ type: DomainEventType, _ payload: JSONObject, on identity: ChannelIdentity,
        _ iteration: Iteration
    ) throws {
        let channel = try channels.open(identity, iteration)
        let eventID = Fresh.eventID()
        let text = EventText.open(
            type: type.rawValue, channel: channel.name, at: iteration.now, eventID: eventID,
            body: ["payload": .object(payload)])
        try channels.publish(text, eventID: eventID, on: channel, iteration)
    }
}
