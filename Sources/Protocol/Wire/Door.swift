/// One of the hub's sockets.
///
/// What a peer may say follows from the door that it came through, because only its own processes
/// can reach it: folders, file modes and the uid that the kernel tells see to that. A ``Hello`` says
/// which of its door's roles a process has, and nothing more.
public enum Door: String, Sendable, CaseIterable {
    /// For the `switchboard` command: everything that an administrator does.
    case commandLine = "cli"
    /// For WebSocket and FastCGI workers, which pass on what clients ask.
    case workers
    /// For agent workers, next to whose tools the walls are: their own runs and nothing else.
    case agents
}

extension Hello.Role {
    /// Where processes of this role come in; everywhere else they are refused.
    public var door: Door {
        switch self {
        case .cli: .commandLine
        case .webSocketWorker, .fastCGIWorker: .workers
        case .agentWorker: .agents
        }
    }
}
