import Protocol
import Realtime

/// Whom an operation acts for.
package enum Caller: Equatable, Sendable {
    /// Somebody without a credential, through a worker.
    case anonymous
    case principal(Principal)
    /// The CLI on this machine, whose uid is its credential: an admin of whichever team it names.
    case local
    /// An agent worker on this machine, for a lease of its own that its call names.
    case agentWorker(PeerID)
    /// A run, as its worker reports it; the lease was checked.
    case run(RunAuthor)

    /// How events and logs name it.
    package var actor: String {
        switch self {
        case .anonymous: "anonymous"
        case .principal(let principal): principal.actor
        case .local: "local"
        case .agentWorker: "agent"
        case .run(let author): "run:\(author.lease.generation)"
        }
    }

    /// Decides once for every operation; throws what the caller sees.
    func check(_ operation: Operation) throws(OperationError) {
        switch (operation.access, self) {
        case (.open, _), (.authenticated, .principal), (.authenticated, .local), (.local, .local),
            (.scope, .local), (.installation, .local), (.agentWorker, .agentWorker):
            return
        case (.scope(.sessionsRun), .agentWorker):
            // Asking for permission; whoever answers looks at the lease.
            return
        case (.scope(let scope), .principal(let principal)):
            try principal.require(scope)
        case (.installation, .principal(let principal)):
            try principal.requireInstallation(operation)
        case (.local, _):
            throw OperationError(
                .forbidden,
                "\(operation.rawValue) is for the switchboard command on the server itself")
        case (.agentWorker, _):
            throw OperationError(
                .forbidden, "\(operation.rawValue) is for agent workers on the server itself")
        case (.authenticated, .anonymous), (.authenticated, .agentWorker), (.authenticated, .run),
            (.scope, .anonymous), (.scope, .agentWorker), (.scope, .run),
            (.installation, _):
            throw OperationError(.authRequired, "\(operation.rawValue) needs a credential")
        }
    }
}

extension Principal {
    package func require(_ scope: Scope) throws(OperationError) {
        guard scopes.contains(scope) else {
            throw OperationError(
                .scopeRequired,
                "this needs the scope \(scope.rawValue), which the credential does not have",
                details: ["scope": .string(scope.rawValue)])
        }
    }

    /// What belongs to all teams is changed by who administers all of it.
    func requireInstallation(_ operation: Operation) throws(OperationError) {
        try require(.admin)
        guard isInstallationAdmin else {
            throw OperationError(
                .forbidden,
                "\(operation.rawValue) is about all teams and takes an admin of the installation;"
                    + " on the server, `switchboard users installation ID` makes one")
        }
    }
}
