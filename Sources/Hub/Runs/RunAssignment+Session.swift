import Protocol
import Realtime
import Store

extension RunAssignment {
    /// What a worker needs to answer a session's message.
    ///
    /// - Parameter permissionTimeout: in milliseconds; nil waits for ever.
    init(
        _ lease: SessionLease, of session: SessionRow, answering message: MessageRow,
        isResumed: Bool, permissionTimeout: Int64?, _ store: StoreTransaction
    ) throws {
        let workspace = try session.workspaceID.flatMap { try store.workspace($0) }
        self.init(
            lease: lease, team: session.teamID, agent: try Self.agent(of: session, store),
            messages: [PersonsMessage(id: message.id, text: message.text)], mode: session.mode,
            modeVersion: session.modeVersion,
            rules: try store.rules(of: session.id).map(\.rule),
            workspace: workspace.map {
                AssignedWorkspace(
                    id: $0.id, path: $0.path, allowsStartupFiles: $0.allowsStartupFiles)
            },
            workingDirectory: session.workingDirectory, model: session.model,
            permissionTimeoutMilliseconds: permissionTimeout, isResumed: isResumed)
    }

    /// The session's agent where it is one that the team has on record, and so has a channel.
    static func agent(
        of session: SessionRow, _ store: StoreTransaction
    ) throws -> AgentID? {
        guard let name = session.agent,
            let id = try? AgentID(parsing: name),  // a name that people gave, and no id
            try store.owner(.agent, name, of: session.teamID) != nil
        else { return nil }
        return id
    }
}
