import Protocol
import Realtime
import Store

/// The table of what tokens prove, as every worker has it; the hub looks up each request in it.
///
/// Every change is pushed to the workers before anything of the same commit that depends on it.
package final class Credentials {
    private var rows: [CredentialID: Credential] = [:]
    private let peers: Peers

    package init(peers: Peers) { self.peers = peers }

    /// Reads all of it from the database, at start.
    func load(_ store: StoreTransaction) throws {
        for key in try store.allKeys() { rows[key.id] = key.credential }
        for login in try store.allLoginCredentials() { rows[login.id] = login }
    }

    subscript(id: CredentialID) -> Credential? { rows[id] }

    /// Whom a credential stands for at the moment.
    package func principal(
        _ id: CredentialID, at now: Timestamp
    ) throws(OperationError) -> Principal {
        guard let credential = rows[id] else {
            throw OperationError(
                .authRequired, "the credential was revoked or has expired; sign in again")
        }
        guard !credential.isExpired(at: now) else {
            switch credential.subject {
            case .apiKey: throw OperationError(.invalidAPIKey, "the API key has expired")
            case .login:
                throw OperationError(.sessionExpired, "the login has expired; sign in again")
            }
        }
        return Principal(credential)
    }

    func add(_ credential: Credential, _ iteration: Iteration) {
        let old = rows.updateValue(credential, forKey: credential.id)
        iteration.onRollback { [self] in rows[credential.id] = old }
        iteration.broadcast(
            .credentials(CredentialUpdate(changed: [credential])), to: peers.workers)
    }

    /// Whatever is open under them is closed by the workers with `closeCode`.
    func remove(_ ids: [CredentialID], _ closeCode: CloseCode, _ iteration: Iteration) {
        let known = ids.filter { rows[$0] != nil }
        for id in known {
            let old = rows.removeValue(forKey: id)
            iteration.onRollback { [self] in rows[id] = old }
        }
        var rest = known[...]
        while !rest.isEmpty {
            let part = rest.prefix(CredentialUpdate.maximumRows)
            rest = rest.dropFirst(part.count)
            let removed = part.map { CredentialUpdate.Removal(id: $0, closeCode: closeCode) }
            iteration.broadcast(
                .credentials(CredentialUpdate(removed: removed)), to: peers.workers)
        }
    }

    /// The whole table in parts, for a worker that just connected.
    func table() -> [CredentialUpdate] {
        let all = Array(rows.values)
        let size = CredentialUpdate.maximumRows
        let count = max(1, (all.count + size - 1) / size)
        return (0..<count).map { part in
            CredentialUpdate(
                isReset: part == 0, isComplete: part == count - 1,
                changed: Array(all.dropFirst(part * size).prefix(size)))
        }
    }
}
