import JSON
import Protocol
import Realtime
import Store

/// `teams.*` and `users.*`, for the command line on this machine.
extension HubCore {
    func setUpTeamOperations() {
        operations.on(.listTeams) { call in
            let page = try call.page()
            let rows = try call.store.teams(after: page.afterID(), limit: page.fetch)
            return page.answer(rows, position: \.id.text, json: \.json)
        }
        operations.on(.createTeam) { [unowned self] call in
            let name = try call.read { $0.requiredString("name") }
            guard try call.store.teamCount() < settings.hub.maximumTeams else {
                throw limitReached("teams", settings.hub.maximumTeams, "maximumTeams")
            }
            let team = TeamRow(
                id: Fresh.identifier("team"), name: name, createdAt: call.iteration.now)
            try call.store.insert(team)
            return team.json
        }
        operations.on(.listUsers) { call in
            let isOfTeam = call.parameters["teamId"] != nil
            let (team, page) = (isOfTeam ? try call.team() : nil, try call.page())
            let rows = try call.store.users(of: team, after: page.afterID(), limit: page.fetch)
            return page.answer(rows, position: \.id.text, json: \.json)
        }
        operations.onDeferred(.createUser) { [unowned self] call, reply in
            try UserCreation(core: self).begin(call, reply)
        }
        operations.on(.deleteUser) { [unowned self] call in
            let id: UserID = try call.pathID()
            guard try call.store.user(id) != nil else { throw call.notFound() }
            let ended = try call.store.logins(of: id)
            try call.store.deleteUser(id)
            credentials.remove(ended, .permissionWithdrawn, call.iteration)
            return ["id": .string(id.text), "deleted": true]
        }
    }
}

extension TeamRow {
    var json: JSONValue {
        [
            "id": .string(id.text), "name": .string(name),
            "createdAt": .string(createdAt.description),
        ]
    }
}

extension UserRow {
    /// Never with the password's hash.
    var json: JSONValue {
        [
            "id": .string(id.text), "name": .string(name), "teamId": .string(teamID.text),
            "role": .string(role.rawValue), "createdAt": .string(createdAt.description),
        ]
    }
}
