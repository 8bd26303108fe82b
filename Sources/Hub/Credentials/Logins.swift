import Crypto
import Daemon
import JSON
import Protocol
import Realtime
import Store

/// People signing in: passwords are judged in turn on threads of their own, guessing is slowed down.
///
/// What strangers do to an account or in a network does not shut out a device that the account has
/// signed in from: it is judged by its own failures.
package final class Logins {
    unowned let core: HubCore
    private var limits: LoginThrottle.Limits
    private var throttle: LoginThrottle
    let desk: PasswordDesk

    init(core: HubCore) {
        self.core = core
        limits = Self.limits(core.settings.hub)
        throttle = LoginThrottle(limits: limits)
        desk = PasswordDesk(
            desk: core.desks.passwords, threads: core.settings.hub.signInThreads,
            metrics: core.metrics)
    }

    func begin(_ call: OperationCall, _ reply: Reply) throws {
        let attempt = try SignInAttempt(call)
        var accounts = try call.store.users(
            folded: attempt.name.folded, in: attempt.team, limit: PasswordJudge.maximumCandidates)
        // The spelling on record decides where one password fits two accounts.
        let exact = accounts.filter { $0.name == attempt.name.text }
        accounts = exact + accounts.filter { $0.name != attempt.name.text }
        let known = try accounts.filter {
            guard let digest = attempt.deviceDigest else { return false }
            return try call.store.isDevice(digest, of: $0.id)
        }
        if attempt.isForKnownDevicesOnly && known.isEmpty { throw busy() }
        let salt = try core.passwordSalt(attempt.name, call.store)
        let (subjects, isStranger) = try admit(attempt, isKnown: !known.isEmpty, call.iteration)
        let judge = PasswordJudge(
            password: attempt.password, salt: salt, candidates: isStranger ? accounts : known)
        let lane: PasswordDesk.Lane =
            known.isEmpty
            ? .stranger(network: attempt.address.network)
            : .known(attempt.deviceDigest ?? attempt.address.network)
        try inThrottle(subjects, call.iteration) {
            try desk.submit(lane, reply, call.iteration, judge.match) { [self] in
                throttle.end(subjects, as: .unjudged, at: call.iteration.clock)
            } then: { [self] match, iteration in
                try finish(attempt, match, subjects, reply, iteration)
            }
        }
    }

    /// Judges one's own password again, for one who is signed in: counted for the login alone.
    func confirm(
        _ judge: PasswordJudge, of login: CredentialID, _ reply: Reply, _ iteration: Iteration,
        then: @escaping (PasswordJudge.Match?, Iteration) throws -> Void
    ) throws {
        let subjects = [LoginThrottle.Subject.device("login \(login)")]
        if let refusal = refusal(subjects, iteration) { throw refusal }
        try inThrottle(subjects, iteration) {
            try desk.submit(.known("login \(login)"), reply, iteration, judge.match) { [self] in
                throttle.end(subjects, as: .unjudged, at: iteration.clock)
            } then: { [self] match, iteration in
                throttle.end(subjects, as: match == nil ? .wrong : .right, at: iteration.clock)
                try then(match, iteration)
            }
        }
    }

    /// What has no place in the queue was not judged, and does not count.
    private func inThrottle(
        _ subjects: [LoginThrottle.Subject], _ iteration: Iteration, _ body: () throws -> Void
    ) throws {
        do {
            try body()
        } catch {
            throttle.end(subjects, as: .unjudged, at: iteration.clock)
            throw error
        }
    }

    private func admit(
        _ attempt: SignInAttempt, isKnown: Bool, _ iteration: Iteration
    ) throws(OperationError) -> (subjects: [LoginThrottle.Subject], isStranger: Bool) {
        guard let refusal = refusal(attempt.strangers, iteration) else {
            return (attempt.strangers, true)
        }
        guard isKnown else { throw refusal }
        if let refusal = self.refusal(attempt.known, iteration) { throw refusal }
        return (attempt.known, false)
    }

    /// Nil lets an attempt through, which has to end in the throttle then.
    private func refusal(
        _ subjects: [LoginThrottle.Subject], _ iteration: Iteration
    ) -> OperationError? {
        let wanted = Self.limits(core.settings.hub)
        if wanted != limits {
            limits = wanted
            throttle = LoginThrottle(limits: wanted)
        }
        let evictions = throttle.evictions
        let verdict = throttle.begin(subjects, at: iteration.clock)
        if throttle.evictions > evictions {
            core.metrics.reached(limit: "hub.loginThrottleSubjects")
        }
        guard case .refuse(let kind, let wait) = verdict else { return nil }
        core.metrics.reached(limit: Self.setting(of: kind))
        let seconds = Int(wait.components.seconds) + 1
        return OperationError(
            .rateLimited, "too many failed sign-ins; try again in \(seconds) s",
            retryAfterSeconds: seconds)
    }

    private func busy() -> OperationError {
        core.metrics.reached(limit: "fastCGI.signInThreads")
        return OperationError(
            .rateLimited, "too many people sign in at this moment; try again", retryAfterSeconds: 1)
    }

    /// The verdict is there; the person may have been deleted, or have another password, meanwhile.
    private func finish(
        _ attempt: SignInAttempt, _ match: PasswordJudge.Match?,
        _ subjects: [LoginThrottle.Subject], _ reply: Reply, _ iteration: Iteration
    ) throws {
        throttle.end(subjects, as: match == nil ? .wrong : .right, at: iteration.clock)
        guard let match, let user = try iteration.store.user(match.user),
            user.password == match.stored
        else {
            core.metrics.loginFailures.add()
            core.logger.notice(
                "sign-in refused",
                metadata: ["user": "\(attempt.user)", "address": "\(attempt.address.address)"])
            throw OperationError(.invalidLogin, "the user or the password is wrong")
        }
        if let renewed = match.renewed { try iteration.store.setPassword(renewed, of: user.id) }
        try open(for: user, attempt, reply, iteration)
    }

    private func open(
        for user: UserRow, _ attempt: SignInAttempt, _ reply: Reply, _ iteration: Iteration
    ) throws {
        let secret = Base64URL.encode(SecureRandom.bytes(32))
        let login = LoginRow(
            id: Fresh.identifier("login"), userID: user.id, digest: Digest(of: secret).hex,
            createdAt: iteration.now,
            expiresAt: iteration.now + core.settings.hub.loginLifetime, device: attempt.device)
        let superfluous = try iteration.store.logins(of: user.id)
            .dropLast(core.settings.hub.maximumLoginsPerUser - 1)
        for old in superfluous { try iteration.store.deleteLogin(old) }
        try iteration.store.insert(login)
        core.credentials.remove(Array(superfluous), .credentialEnded, iteration)
        let credential = login.credential(
            of: user.teamID, role: user.role, isInstallationAdmin: user.isInstallationAdmin)
        core.credentials.add(credential, iteration)
        iteration.answer(
            reply,
            [
                "token": .string(TokenForm.login.token(id: login.id, secret: secret)),
                "expiresAt": .string(login.expiresAt.description),
                "deviceToken": .text(try keepDevice(of: user, attempt, iteration)),
                "me": Caller.principal(Principal(credential)).me,
            ])
    }

    /// Remembers the device for its person.
    ///
    /// - Returns: what a device that is new to the person has to keep; nil where it has it. Only the
    ///   hub makes it, so that nobody can plant one that he knows.
    private func keepDevice(
        of user: UserRow, _ attempt: SignInAttempt, _ iteration: Iteration
    ) throws -> String? {
        let limit = core.settings.hub.maximumDevicesPerUser
        if let digest = attempt.deviceDigest, try iteration.store.isDevice(digest, of: user.id) {
            try iteration.store.keepDevice(digest, of: user.id, at: iteration.now, limit: limit)
            return nil
        }
        let token = Base64URL.encode(SecureRandom.bytes(32))
        try iteration.store.keepDevice(
            Digest(of: token).hex, of: user.id, at: iteration.now, limit: limit)
        return token
    }

    /// Tells at start, instead of at the first sign-in, that passwords cannot be hashed.
    package func prepare(_ iteration: Iteration) throws {
        try desk.submit(.known("prepare"), nil, iteration) {
            (try? PasswordHash(hashing: SecureRandom.identifier())) != nil  // the reason is memory
        } then: { [core] isReady, _ in
            if !isReady { core.logger.error("hashing passwords fails: no 64 MiB of memory") }
        }
    }

    /// What a person would raise who is met by it.
    private static func setting(of kind: LoginThrottle.Kind) -> String {
        switch kind {
        case .account, .device: "hub.loginFailuresPerAccount"
        case .address: "hub.loginFailuresPerAddress"
        case .network: "hub.loginFailuresPerNetwork"
        }
    }

    private static func limits(_ settings: HubSettings) -> LoginThrottle.Limits {
        var limits = LoginThrottle.Limits()
        limits.freeFailuresPerAccount = settings.loginFailuresPerAccount
        limits.freeFailuresPerAddress = settings.loginFailuresPerAddress
        limits.freeFailuresPerNetwork = settings.loginFailuresPerNetwork
        limits.memory = settings.loginFailureWindow
        limits.longestAddressWait = min(limits.longestAddressWait, settings.loginFailureWindow)
        limits.longestAccountWait = min(limits.longestAccountWait, settings.loginFailureWindow)
        return limits
    }
}
