import Crypto
import JSON
import Protocol
import Realtime
import Store
import System

/// `auth.*`: signing in and out, and what a person does about the own logins and password.
extension HubCore {
    func setUpAuthOperations() {
        operations.onDeferred(.login) { [unowned self] call, reply in
            try logins.begin(call, reply)
        }
        operations.on(.logout) { [unowned self] call in
            guard case .principal(let principal) = call.caller else {
                throw OperationError(.badRequest, "the command line has no login to end")
            }
            guard case .login = principal.subject else {
                throw OperationError(
                    .badRequest, "an API key is not signed out; delete it under /api/keys instead")
            }
            try logins.end(principal.credentialID, call.iteration)
            return ["loggedOut": true]
        }
        operations.on(.whoAmI) { call in call.caller.me }
        setUpLoginOperations()
        operations.onDeferred(.changePassword) { [unowned self] call, reply in
            try PasswordChange(core: self).begin(call, reply)
        }
        operations.onDeferred(.setPassword) { [unowned self] call, reply in
            try PasswordChange(core: self).replace(call, reply)
        }
    }

    private func setUpLoginOperations() {
        operations.on(.listLogins) { [unowned self] call in
            let (user, present) = try call.person()
            let rows = try call.store.loginRows(
                of: user, limit: settings.hub.maximumLoginsPerUser)
            let live = rows.filter { $0.expiresAt > call.iteration.now }
            return ["items": .array(live.map { $0.json(isCurrent: $0.id == present) })]
        }
        operations.on(.endLogin) { [unowned self] call in
            let (user, _) = try call.person()
            let id: CredentialID = try call.pathID()
            guard try call.store.logins(of: user).contains(id) else { throw call.notFound() }
            try logins.end(id, call.iteration)
            return ["id": .string(id.text), "ended": true]
        }
        operations.on(.endLogins) { [unowned self] call in
            let (user, present) = try call.person()
            let (isKeeping, device) = try call.read { reader in
                let keep: KeptLogin? = reader.choice("keep")
                return (keep == .current, reader.string("deviceToken"))
            }
            try call.store.forgetDevices(
                of: user, except: isKeeping ? device.map { Digest(of: $0).hex } : nil)
            try logins.endAll(of: user, except: isKeeping ? present : nil, call.iteration)
            return ["ended": true]
        }
    }
}

/// What `auth.logins.endAll` leaves.
private enum KeptLogin: String, CaseIterable {
    /// The login that asks.
    case current
}

extension LoginRow {
    func json(isCurrent: Bool) -> JSONValue {
        [
            "id": .string(id.text), "device": .text(device),
            "createdAt": .string(createdAt.description), "lastUsedAt": .time(lastUsedAt),
            "expiresAt": .string(expiresAt.description), "current": .bool(isCurrent),
        ]
    }
}

extension Caller {
    /// *me* of CONTRACT §4.
    var me: JSONValue {
        guard case .principal(let principal) = self else {
            return ["type": .string(actor), "scopes": .array(Scope.allCases.sortedWords)]
        }
        var me: JSONObject = [:]
        switch principal.subject {
        case .apiKey:
            me["type"] = "api_key"
            me["teamId"] = .string(principal.teamID.text)
            me["keyId"] = .string(principal.credentialID.text)
        case .login(let user, let role):
            me["type"] = "session_user"
            me["teamId"] = .string(principal.teamID.text)
            me["userId"] = .string(user.text)
            me["role"] = .string(role.rawValue)
        }
        me["scopes"] = .array(principal.scopes.sortedWords)
        me["installationAdmin"] = .bool(principal.isInstallationAdmin)
        me["serverVersion"] = .string(Version.current)
        return .object(me)
    }
}

extension Collection<Scope> {
    /// As lists in answers show them.
    var sortedWords: [JSONValue] { map(\.rawValue).sorted().map { .string($0) } }
}
