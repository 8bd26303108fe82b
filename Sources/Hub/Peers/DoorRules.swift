import Protocol

/// What a process may say and hears, by its role, which its door has admitted.
///
/// WebSocket and FastCGI workers share a door and a user: what divides them here catches mistakes.
/// What divides them from agent workers and from the command line is the door.
extension Hello.Role {
    /// Why a process of this role may not say this; nil where it may.
    ///
    /// Whoever says it all the same is disconnected: it is broken, or not what it says.
    func objection(to message: PeerMessage) -> String? {
        guard maySend(message.kind) else { return "\(message.kind.rawValue) as role \(rawValue)" }
        switch message {
        case .call(_, let credential, let operation, _):
            return mayAsk(operation, withCredential: credential != nil)
                ? nil : "call \(operation.rawValue) as role \(rawValue)"
        case .publish(_, let credential?, _, _) where !decidesByCredentials:
            return "publish for the credential \(credential) as role \(rawValue)"
        default:
            return nil
        }
    }

    func maySend(_ kind: PeerMessage.Kind) -> Bool {
        switch kind {
        case .subscribe, .read: self == .webSocketWorker
        case .resume, .release: self == .webSocketWorker || self == .cli
        case .publish: self == .fastCGIWorker || self == .cli
        case .call: true
        case .used: decidesByCredentials
        case .stats: self != .cli
        case .ready, .kept, .report: self == .agentWorker
        }
    }

    /// Whose credential it is, and what that one may do, is looked at afterwards.
    func mayAsk(_ operation: Operation, withCredential hasCredential: Bool) -> Bool {
        switch self {
        case .cli: !hasCredential && operation.access != .agentWorker
        case .agentWorker:
            !hasCredential && (operation == .readTranscript || operation == .requestPermission)
        case .webSocketWorker:
            operation == (hasCredential ? .answerPermission : .readiness)
        case .fastCGIWorker: operation.access != .local && operation.access != .agentWorker
        }
    }

    /// Whether it holds the table of credentials, and speaks for whoever presents one: the others
    /// are told neither digests nor anything that clients are.
    var decidesByCredentials: Bool { door == .workers }
}
