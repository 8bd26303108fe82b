import JSON
import Protocol
import Realtime
import Store

/// `specs.*` and `agents.*`: who owns one, which is what its channel's authorisation reads.
extension HubCore {
    func setUpOwnerOperations() {
        setUpOwners(.spec, list: .listSpecs, get: .getSpec, put: .putSpec, delete: .deleteSpec)
        setUpOwners(
            .agent, list: .listAgents, get: .getAgent, put: .putAgent, delete: .deleteAgent)
    }

    private func setUpOwners(
        _ kind: OwnerRow.Kind, list: Operation, get: Operation, put: Operation, delete: Operation
    ) {
        operations.onRead(list) { call in
            let (team, page) = (try call.team(), try call.page())
            return HeavyRead(for: team) { store in
                let rows = try store.owners(kind, of: team, after: page.after, limit: page.fetch)
                return page.answer(rows, position: \.id, json: \.json)
            }
        }
        operations.on(get) { [unowned self] call in try owned(kind, call).json }
        operations.on(put) { [unowned self] call in try putOwner(kind, call) }
        operations.on(delete) { [unowned self] call in
            let owner = try owned(kind, call)
            try call.store.deleteOwner(kind, owner.id, of: owner.teamID)
            try channels.withdraw(owner.channel(), call.iteration)
            return ["id": .string(owner.id), "deleted": true]
        }
    }

    private func owned(_ kind: OwnerRow.Kind, _ call: OperationCall) throws -> OwnerRow {
        let id: Identifier<IdentifierKinds.Spec> = try call.pathID()
        guard let owner = try call.store.owner(kind, id.text, of: try call.team()) else {
            throw call.notFound()
        }
        return owner
    }

    /// Creates or replaces the team's own; what other teams have under the same id is not looked at.
    private func putOwner(_ kind: OwnerRow.Kind, _ call: OperationCall) throws -> JSONValue {
        let id: Identifier<IdentifierKinds.Spec> = try call.pathID()
        let team = try call.team()
        let owner = try call.read { reader in
            OwnerRow(
                kind: kind, id: id.text, teamID: team, name: reader.string("name"),
                status: reader.string("status"))
        }
        if try call.store.owner(kind, id.text, of: team) == nil {
            let limit = settings.hub.maximumOwnersPerTeam
            guard try call.store.ownerCount(of: team) < limit else {
                throw limitReached("specs and agents of the team", limit, "maximumOwnersPerTeam")
            }
        }
        try call.store.put(owner)
        return owner.json
    }
}

extension OwnerRow {
    /// *owner* of CONTRACT §4.
    var json: JSONValue {
        [
            "id": .string(id), "teamId": .string(teamID.text), "name": .text(name),
            "status": .text(status),
        ]
    }

    func channel() throws -> ChannelIdentity {
        ChannelIdentity(try ChannelName(parsing: "\(kind.rawValue):\(id)"), of: teamID)
    }
}
