import Crypto
import JSON
import Protocol
import Realtime
import Store

/// `auth.password` and `users.password`: a new password ends every other login, because whoever
/// knew the old one may hold one of them.
struct PasswordChange {
    let core: HubCore

    /// One's own, with the present one.
    func begin(_ call: OperationCall, _ reply: Reply) throws {
        let (id, login) = try call.person()
        guard let user = try call.store.user(id) else { throw call.notFound() }
        let (present, new, device) = try call.read { reader in
            (
                Secret(reader.requiredString("current", bytes: 1...PasswordText.maximumBytes)),
                reader.newPassword("password"),
                reader.string("deviceToken", bytes: 1...256).map { Digest(of: $0).hex }
            )
        }
        let salt = try core.passwordSalt(UserName(user.name), call.store)
        let judge = PasswordJudge(password: present, salt: salt, candidates: [user])
        try core.logins.confirm(judge, of: login, reply, call.iteration) { match, iteration in
            guard let match else {
                throw OperationError(.forbidden, "the current password is wrong")
            }
            let lane = PasswordDesk.Lane.known("login \(login)")
            try core.logins.desk.submit(lane, reply, iteration, { new.hash(salt) }) {
                hash, iteration in
                guard let user = try iteration.store.user(id), user.password == match.stored else {
                    throw OperationError(
                        .conflict, "the account was changed meanwhile; sign in again")
                }
                try set(hash.get(), of: user, keeping: login, device: device, iteration)
                iteration.answer(reply, ["changed": true])
            }
        }
    }

    /// Somebody's, from the command line.
    func replace(_ call: OperationCall, _ reply: Reply) throws {
        let id: UserID = try call.pathID()
        guard let user = try call.store.user(id) else { throw call.notFound() }
        let new = try call.read { $0.newPassword("password") }
        let salt = try core.passwordSalt(UserName(user.name), call.store)
        try core.logins.desk.submit(.known("local"), reply, call.iteration, { new.hash(salt) }) {
            hash, iteration in
            guard let user = try iteration.store.user(id) else { throw call.notFound() }
            try set(hash.get(), of: user, keeping: nil, device: nil, iteration)
            iteration.answer(reply, user.json)
        }
    }

    private func set(
        _ hash: PasswordHash, of user: UserRow, keeping login: CredentialID?, device: String?,
        _ iteration: Iteration
    ) throws {
        try iteration.store.setPassword(hash.stored, of: user.id)
        try iteration.store.forgetDevices(of: user.id, except: device)
        try core.logins.endAll(of: user.id, except: login, iteration)
    }
}

extension PasswordText {
    /// Blocks for 100 ms, on a password thread.
    @Sendable func hash(_ salt: PasswordSalt) -> Result<PasswordHash, CryptoError> {
        do throws(CryptoError) {
            return .success(try PasswordHash(hashing: composed, salt: salt))
        } catch {
            return .failure(error)
        }
    }
}

extension FieldReader {
    /// A password that is to be kept.
    func newPassword(_ key: String) -> PasswordText {
        let text = PasswordText(requiredString(key, bytes: 1...PasswordText.maximumBytes))
        if !text.raw.isEmpty, let problem = text.problem { refuse(key, problem) }
        return text
    }
}

extension OperationCall {
    /// The person who is signed in, and the login.
    func person() throws(OperationError) -> (UserID, CredentialID) {
        guard case .principal(let principal) = caller, case .login(let user, _) = principal.subject
        else {
            throw OperationError(
                .forbidden, "\(operation.rawValue) is for a person who is signed in, not for a key")
        }
        return (user, principal.credentialID)
    }
}
