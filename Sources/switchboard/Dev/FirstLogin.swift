import Client
import Daemon
import JSON
import Protocol

/// The first team, login and key of a development installation: made once, kept for the person who
/// started it.
struct FirstLogin: Sendable {
    let teamID: String
    let apiKey: String
    let user: String
    let password: String

    private static let teamName = "dev"
    private static let userName = "dev"

    /// Reads what is kept and makes what the hub does not know (any more).
    ///
    /// Blocks.
    static func ensure(_ hub: HubClient, file: String) throws -> FirstLogin {
        let kept = try read(file)
        let teamID = try team(hub, kept: kept)
        let login = FirstLogin(
            teamID: teamID, apiKey: try key(hub, teamID, kept: kept), user: userName,
            password: try password(hub, teamID, kept: kept))
        try SmallFile.replace(file, with: login.json.encoded(), mode: 0o600)
        return login
    }

    private static func team(_ hub: HubClient, kept: FirstLogin?) throws -> String {
        let teams = try hub.list(.listTeams)
        if let kept, teams.contains(where: { $0["id"]?.stringValue == kept.teamID }) {
            return kept.teamID
        }
        let known = teams.first { $0["name"]?.stringValue == teamName }
        let team = try known ?? hub.call(.createTeam, ["name": .string(teamName)])
        return try string(team, "id")
    }

    private static func key(
        _ hub: HubClient, _ teamID: String, kept: FirstLogin?
    ) throws -> String {
        let keys = try hub.list(.listKeys, ["teamId": .string(teamID)])
        if let kept, kept.teamID == teamID, let id = TokenForm.split(kept.apiKey)?.id.text,
            keys.contains(where: { $0["id"]?.stringValue == id })
        {
            return kept.apiKey
        }
        let scopes = Scope.allCases.map { JSONValue.string($0.rawValue) }
        let key = try hub.call(
            .createKey,
            [
                "teamId": .string(teamID), "name": "switchboard dev", "scopes": .array(scopes),
                "installation": true,
            ])
        return try string(key, "key")
    }

    private static func password(
        _ hub: HubClient, _ teamID: String, kept: FirstLogin?
    ) throws -> String {
        let users = try hub.list(.listUsers, ["teamId": .string(teamID)])
        let known = users.first { $0["name"]?.stringValue == userName }
        if let kept, kept.teamID == teamID, known != nil { return kept.password }
        if let id = known?["id"] {
            _ = try hub.call(.deleteUser, ["teamId": .string(teamID), "id": id])
        }
        let password = RandomText.password()
        _ = try hub.call(
            .createUser,
            [
                "teamId": .string(teamID), "name": .string(userName),
                "password": .string(password), "role": .string(Role.admin.rawValue),
                "installation": true,
            ])
        return password
    }

    private static func string(_ value: JSONValue, _ key: String) throws -> String {
        guard let text = value[key]?.stringValue else {
            throw ClientError.unexpectedAnswer("there is no \(key)")
        }
        return text
    }

    /// Nil for no file, and for one of another form, which is made anew.
    private static func read(_ file: String) throws -> FirstLogin? {
        guard let bytes = try SmallFile.read(file, maximumBytes: 65_536),
            let value = try? JSONValue(parsing: bytes),  // damaged: made anew
            let teamID = value["teamId"]?.stringValue, let apiKey = value["apiKey"]?.stringValue,
            let user = value["user"]?.stringValue, user == userName,
            let password = value["password"]?.stringValue
        else { return nil }
        return FirstLogin(teamID: teamID, apiKey: apiKey, user: user, password: password)
    }

    private var json: JSONValue {
        [
            "teamId": .string(teamID), "apiKey": .string(apiKey), "user": .string(user),
            "password": .string(password),
        ]
    }
}

/// Text from the system's generator of random numbers.
enum RandomText {
    /// 20 letters and digits that are hard to confuse: about 115 bits.
    static func password() -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        var random = SystemRandomNumberGenerator()
        return String(
            (0..<20).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
    }
}
