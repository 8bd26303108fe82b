import Protocol
import Realtime

/// Forgets credentials a week after they expired; until then lists still show them.
extension HubCore {
    func setUpPruning() {
        alarms.on(.prune) { [unowned self] iteration in
            let isDone = try prune(iteration)
            alarms.set(.prune, at: iteration.clock + (isDone ? .seconds(3_600) : .seconds(1)))
        }
        alarms.set(.prune, at: .zero)
    }

    /// At most a page at a time, so that the loop is not held up; false when there is more.
    private func prune(_ iteration: Iteration) throws -> Bool {
        let limit = CredentialUpdate.maximumRows
        let time = iteration.now + .seconds(-7 * 86_400)
        let keys = try iteration.store.keysExpired(before: time, limit: limit)
        let logins = try iteration.store.loginsExpired(before: time, limit: limit)
        for id in keys { try iteration.store.deleteKey(id) }
        for id in logins { try iteration.store.deleteLogin(id) }
        credentials.remove(keys + logins, .credentialEnded, iteration)
        return keys.count < limit && logins.count < limit
    }
}
