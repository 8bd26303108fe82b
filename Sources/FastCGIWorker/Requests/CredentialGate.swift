import Access
import Protocol
import Realtime
import Synchronization

/// The worker's gate: the table of digests that the hub pushes, read by every request thread.
///
/// The lock is held for a copy of the table's reference only; hashing happens outside of it.
package final class CredentialGate: Gate {
    private let table = Mutex(CredentialTable())
    private let used = Mutex<Set<CredentialID>>([])
    private let now: @Sendable () -> Timestamp

    package init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    package func admit(_ request: Request) throws(AccessError) -> Caller {
        let table = table.withLock { $0 }
        let resolution = try PrincipalResolver.resolve(
            Self.presented(by: request), table, at: now())
        _ = used.withLock { $0.insert(resolution.principal.credentialID) }
        return Caller(principal: resolution.principal, isByCookie: resolution.source == .cookie)
    }

    /// Whose credential it is; nil where it is none of the table.
    package func team(of credential: CredentialID) -> TeamID? {
        table.withLock { $0[credential]?.teamID }
    }

    private static func presented(by request: Request) -> PresentedCredentials {
        PresentedCredentials(
            query: request.query, apiKey: request.header("x-api-key"),
            authorization: request.header("authorization"), cookie: request.header("cookie"))
    }

    /// Takes over what the hub pushed.
    ///
    /// On the loop's thread.
    package func apply(_ update: CredentialUpdate) {
        // What ended needs nothing here: a request holds its credential for one answer only.
        _ = table.withLock { $0.apply(update) }
    }

    /// Nobody is let in until the next complete table.
    ///
    /// On the loop's thread.
    package func hubWasLost() {
        table.withLock { $0.hubWasLost() }
    }

    /// The credentials used since the last call, at most one entry for each that exists.
    package func takeUsed() -> [CredentialID] {
        used.withLock { used in
            defer { used = [] }
            return used.sorted()
        }
    }
}
