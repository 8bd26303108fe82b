import Crypto
import Daemon
import JSON
import Protocol
import Realtime
import Store

/// People signing in: the password is checked on a thread of its own, guessing is slowed down.
package final class Logins {
    private unowned let core: HubCore
    private var limits: LoginThrottle.Limits
    private var throttle: LoginThrottle

    init(core: HubCore) {
        self.core = core
        limits = Self.limits(core.settings.hub)
        throttle = LoginThrottle(limits: limits)
    }

    /// Parameters of `auth.login`, checked.
    private struct Attempt {
        let user: String
        let password: Secret
        let address: String
    }

    func begin(_ call: OperationCall, _ reply: Reply) throws {
        let attempt = try call.read { reader in
            Attempt(
                user: reader.requiredString("user", bytes: 1...256),
                password: Secret(reader.requiredString("password", bytes: 1...1_024)),
                address: reader.string("address", bytes: 1...64) ?? "local")
        }
        try admit(attempt, at: call.iteration.clock)
        let user = try call.store.user(named: attempt.user)
        let isTaken = core.desks.passwords.offload("auth.login", reply: reply) {
            Self.isRight(attempt.password, for: user?.password)
        } then: { [self] isRight, iteration in
            try finish(attempt, user?.id, isRight: isRight, reply, iteration)
        }
        guard isTaken else {
            core.metrics.reached(limit: "hub.passwordQueue")
            throw OperationError(
                .rateLimited, "too many people sign in at this moment; try again",
                retryAfterSeconds: 2)
        }
    }

    private func admit(_ attempt: Attempt, at clock: Duration) throws(OperationError) {
        let wanted = Self.limits(core.settings.hub)
        if wanted != limits {
            limits = wanted
            throttle = LoginThrottle(limits: wanted)
        }
        let verdict = throttle.begin(
            account: attempt.user.lowercased(), address: attempt.address, at: clock)
        guard case .refuse(let wait) = verdict else { return }
        core.metrics.reached(limit: "hub.loginFailures")
        let seconds = Int(wait.components.seconds) + 1
        throw OperationError(
            .rateLimited, "too many failed sign-ins; try again in \(seconds) s",
            retryAfterSeconds: seconds)
    }

    /// The password's verdict is there; the person may have been deleted meanwhile.
    private func finish(
        _ attempt: Attempt, _ checked: UserID?, isRight: Bool, _ reply: Reply,
        _ iteration: Iteration
    ) throws {
        guard isRight, let checked, let user = try iteration.store.user(checked) else {
            core.metrics.loginFailures.add()
            core.logger.notice(
                "sign-in refused",
                metadata: ["user": "\(attempt.user)", "address": "\(attempt.address)"])
            throw OperationError(.invalidLogin, "the user or the password is wrong")
        }
        throttle.succeeded(account: attempt.user.lowercased(), address: attempt.address)
        let secret = Base64URL.encode(SecureRandom.bytes(32))
        let login = LoginRow(
            id: Fresh.identifier("login"), userID: user.id, digest: Digest(of: secret).hex,
            createdAt: iteration.now,
            expiresAt: iteration.now + core.settings.hub.loginLifetime)
        let superfluous = try iteration.store.logins(of: user.id)
            .dropLast(core.settings.hub.maximumLoginsPerUser - 1)
        for old in superfluous { try iteration.store.deleteLogin(old) }
        try iteration.store.insert(login)
        core.credentials.remove(Array(superfluous), .credentialEnded, iteration)
        let credential = login.credential(of: user.teamID, role: user.role)
        core.credentials.add(credential, iteration)
        iteration.answer(
            reply,
            [
                "token": .string(TokenForm.login.token(id: login.id, secret: secret)),
                "expiresAt": .string(login.expiresAt.description),
                "me": Caller.principal(Principal(credential)).me,
            ])
    }

    func end(_ principal: Principal, _ iteration: Iteration) throws {
        guard case .login = principal.subject else {
            throw OperationError(
                .badRequest, "an API key is not signed out; delete it under /api/keys instead")
        }
        try iteration.store.deleteLogin(principal.credentialID)
        core.credentials.remove([principal.credentialID], .credentialEnded, iteration)
    }

    /// Runs on the password thread; an unknown person costs the same time as a wrong password.
    @Sendable private static func isRight(_ password: Secret, for stored: String?) -> Bool {
        let known = stored.flatMap { PasswordHash(stored: $0) }
        guard let hash = known ?? unknownPersonsHash else { return false }
        return hash.matches(password.reveal()) && known != nil
    }

    /// Of a password that nobody has; nil where hashing fails, as it then does for everybody.
    private static let unknownPersonsHash = try? PasswordHash(  // no memory: nobody signs in
        hashing: SecureRandom.identifier())

    /// Makes the hash for unknown people before the first of them comes.
    package func prepare() {
        _ = core.desks.passwords.offload("prepare", reply: nil) {
            Self.unknownPersonsHash != nil
        } then: { [core] isReady, _ in
            if !isReady { core.logger.error("hashing passwords fails: no 64 MiB of memory") }
        }
    }

    private static func limits(_ settings: HubSettings) -> LoginThrottle.Limits {
        var limits = LoginThrottle.Limits()
        limits.freeFailuresPerAccount = settings.loginFailuresPerAccount
        limits.freeFailuresPerAddress = settings.loginFailuresPerAddress
        limits.memory = settings.loginFailureWindow
        limits.longestAddressWait = min(limits.longestAddressWait, settings.loginFailureWindow)
        limits.longestAccountWait = min(limits.longestAccountWait, settings.loginFailureWindow)
        return limits
    }
}
