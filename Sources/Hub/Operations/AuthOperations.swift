import JSON
import Protocol

/// `auth.login`, `auth.logout`, `auth.me`.
extension HubCore {
    func setUpAuthOperations() {
        operations.onDeferred(.login) { [unowned self] call, reply in
            try logins.begin(call, reply)
        }
        operations.on(.logout) { [unowned self] call in
            guard case .principal(let principal) = call.caller else {
                throw OperationError(.badRequest, "the command line has no login to end")
            }
            try logins.end(principal, call.iteration)
            return ["loggedOut": true]
        }
        operations.on(.whoAmI) { call in call.caller.me }
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
        return .object(me)
    }
}

extension Collection<Scope> {
    /// As lists in answers show them.
    var sortedWords: [JSONValue] { map(\.rawValue).sorted().map { .string($0) } }
}
