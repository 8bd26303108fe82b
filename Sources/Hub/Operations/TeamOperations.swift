import JSON
import Protocol
import Realtime
import Store

/// `teams.*`, for the command line on this machine.
extension HubCore {
    func setUpTeamOperations() {
        operations.onRead(.listTeams) { call in
            let page = try call.page()
            return HeavyRead(for: nil) { store in
                let rows = try store.teams(after: page.afterID(), limit: page.fetch)
                return page.answer(rows, position: \.id.text, json: \.json)
            }
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
