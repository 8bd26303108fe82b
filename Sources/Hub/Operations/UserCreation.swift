import Crypto
import JSON
import Protocol
import Realtime
import Store

/// `users.create`: the password is hashed on a thread of its own, then everything is looked at
/// again, because the loop went on meanwhile.
///
/// A name is a team's own: another team may have the same, so that nobody learns of it.
struct UserCreation {
    let core: HubCore

    private struct NewUser {
        let name: UserName
        let role: Role
        let password: PasswordText
        let isInstallationAdmin: Bool
    }

    func begin(_ call: OperationCall, _ reply: Reply) throws {
        let team = try call.team()
        let new = try call.read { Self.read($0, isLocal: call.caller == .local) }
        try checkRoom(in: team, for: new.name, call.iteration)
        let salt = try core.passwordSalt(new.name, call.store)
        let lane = PasswordDesk.Lane.known(call.caller.actor)
        try core.logins.desk.submit(lane, reply, call.iteration, { new.password.hash(salt) }) {
            hash, iteration in
            try checkRoom(in: team, for: new.name, iteration)
            let user = UserRow(
                id: Fresh.identifier("user"), teamID: team, name: new.name.text, role: new.role,
                password: try hash.get().stored, createdAt: iteration.now,
                folded: new.name.folded, look: new.name.look,
                isInstallationAdmin: new.isInstallationAdmin)
            try iteration.store.insert(user)
            iteration.answer(reply, user.json)
        }
    }

    /// `installation` is for the command line on the server alone.
    private static func read(_ reader: FieldReader, isLocal: Bool) -> NewUser {
        let name = UserName(reader.requiredString("name", bytes: 1...128))
        if let problem = name.problem { reader.refuse("name", problem) }
        let role = reader.choice("role") ?? Role.member
        let isInstallationAdmin = isLocal && reader.boolean("installation") == true
        if isInstallationAdmin && role != .admin {
            reader.refuse("role", "admin, for an admin of the installation")
        }
        return NewUser(
            name: name, role: role, password: reader.newPassword("password"),
            isInstallationAdmin: isInstallationAdmin)
    }

    private func checkRoom(in team: TeamID, for name: UserName, _ iteration: Iteration) throws {
        guard try !iteration.store.hasUser(folded: name.folded, look: name.look, in: team) else {
            throw OperationError(
                .conflict,
                "the team has a user \(name.text) already, or one whose name looks like it; "
                    + "choose another name")
        }
        let limit = core.settings.hub.maximumUsersPerTeam
        guard try iteration.store.userCount(of: team) < limit else {
            throw core.limitReached("users in the team", limit, "maximumUsersPerTeam")
        }
    }
}
