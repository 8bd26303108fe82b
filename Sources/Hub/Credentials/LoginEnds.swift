import Protocol
import Realtime
import Store

/// Ending logins: whatever is open under them is closed with 4101.
extension Logins {
    /// Ends the logins of a person, but for one.
    func endAll(
        of user: UserID, except kept: CredentialID? = nil, _ iteration: Iteration
    ) throws {
        let ended = try iteration.store.logins(of: user).filter { $0 != kept }
        for login in ended { try iteration.store.deleteLogin(login) }
        core.credentials.remove(ended, .credentialEnded, iteration)
    }

    func end(_ login: CredentialID, _ iteration: Iteration) throws {
        try iteration.store.deleteLogin(login)
        core.credentials.remove([login], .credentialEnded, iteration)
    }
}
