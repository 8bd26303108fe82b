import JSON
import Protocol
import Realtime
import Store

/// `users.list`, `users.create`, `users.delete`: of the caller's team.
extension HubCore {
    func setUpUserOperations() {
        operations.onRead(.listUsers) { call in
            // On this machine the command line may ask for the people of all teams.
            let isOfAll = call.caller == .local && call.parameters["teamId"] == nil
            let (team, page) = (isOfAll ? nil : try call.team(), try call.page())
            return HeavyRead(for: team) { store in
                let rows = try store.users(of: team, after: page.afterID(), limit: page.fetch)
                return page.answer(rows, position: \.id.text, json: \.json)
            }
        }
        operations.onDeferred(.createUser) { [unowned self] call, reply in
            try UserCreation(core: self).begin(call, reply)
        }
        operations.on(.setInstallationAdmin) { [unowned self] call in
            try setInstallationAdmin(call)
        }
        operations.on(.deleteUser) { [unowned self] call in
            let user = try ownUser(call)
            let ended = try call.store.logins(of: user.id)
            try call.store.deleteUser(user.id)
            credentials.remove(ended, .permissionWithdrawn, call.iteration)
            return ["id": .string(user.id.text), "deleted": true]
        }
    }

    /// Takes effect at once, also for what is signed in.
    private func setInstallationAdmin(_ call: OperationCall) throws -> JSONValue {
        let id: UserID = try call.pathID()
        guard let user = try call.store.user(id) else { throw call.notFound() }
        let isOne = try call.read { $0.requiredBoolean("installation") }
        guard user.role == .admin || !isOne else {
            throw OperationError(
                .conflict,
                "\(user.name) is a member; an admin of the installation is an admin first")
        }
        try call.store.setInstallationAdmin(isOne, of: id)
        for login in try call.store.logins(of: id) {
            guard let old = credentials[login] else { continue }
            let new = Credential(
                id: old.id, digest: old.digest, subject: old.subject, teamID: old.teamID,
                scopes: old.scopes, expiresAt: old.expiresAt, isInstallationAdmin: isOne)
            credentials.add(new, call.iteration)
        }
        return try call.store.user(id)?.json ?? nil
    }

    /// The account that the call names, of the caller's team; nobody deletes themselves, so that a
    /// team is not left without the one who administers it.
    private func ownUser(_ call: OperationCall) throws -> UserRow {
        let id: UserID = try call.pathID()
        guard let user = try call.store.user(id) else { throw call.notFound() }
        guard case .principal(let principal) = call.caller else { return user }
        guard user.teamID == principal.teamID else { throw call.notFound() }
        if case .login(id, _) = principal.subject {
            throw OperationError(
                .conflict,
                "\(user.name) is signed in with this account; another admin of the team can delete it"
            )
        }
        return user
    }
}

extension UserRow {
    /// Never with the password's hash.
    var json: JSONValue {
        [
            "id": .string(id.text), "name": .string(name), "teamId": .string(teamID.text),
            "role": .string(role.rawValue), "createdAt": .string(createdAt.description),
            "installationAdmin": .bool(isInstallationAdmin),
        ]
    }
}
