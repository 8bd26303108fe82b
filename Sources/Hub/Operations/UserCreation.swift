import Crypto
import JSON
import Protocol
import Realtime
import Store

/// `users.create`: the password is hashed on a thread of its own, then everything is looked at
/// again, because the loop went on meanwhile.
struct UserCreation {
    let core: HubCore

    func begin(_ call: OperationCall, _ reply: Reply) throws {
        let team = try call.team()
        let (name, role, password) = try call.read { reader in
            let role: Role? = reader.choice("role")
            return (
                reader.requiredString("name", bytes: 1...128), role ?? .member,
                Secret(reader.requiredString("password", bytes: 8...1_024))
            )
        }
        try checkRoom(in: team, for: name, call.iteration)
        let isTaken = core.desks.passwords.offload("users.create", reply: reply) {
            Self.hash(password)
        } then: { hash, iteration in
            try checkRoom(in: team, for: name, iteration)
            let user = UserRow(
                id: Fresh.identifier("user"), teamID: team, name: name, role: role,
                password: try hash.get().stored, createdAt: iteration.now)
            try iteration.store.insert(user)
            iteration.answer(reply, user.json)
        }
        guard isTaken else {
            throw OperationError(
                .rateLimited, "too many passwords are being hashed; try again",
                retryAfterSeconds: 2)
        }
    }

    private func checkRoom(in team: TeamID, for name: String, _ iteration: Iteration) throws {
        guard try iteration.store.user(named: name) == nil else {
            throw OperationError(.conflict, "there is a user \(name) already; choose another name")
        }
        let limit = core.settings.hub.maximumUsersPerTeam
        guard try iteration.store.userCount(of: team) < limit else {
            throw core.limitReached("users in the team", limit, "maximumUsersPerTeam")
        }
    }

    /// Runs on the password thread.
    @Sendable private static func hash(_ password: Secret) -> Result<PasswordHash, CryptoError> {
        do throws(CryptoError) {
            return .success(try PasswordHash(hashing: password.reveal()))
        } catch {
            return .failure(error)
        }
    }
}
