import Protocol
import Realtime

/// A person, member of one team.
public struct UserRow: Sendable, Equatable {
    public let id: UserID
    public let teamID: TeamID
    /// What the person signs in with.
    public let name: String
    public let role: Role
    /// `Crypto.PasswordHash.stored`.
    public let password: String
    public let createdAt: Timestamp
    /// The name without case and compatibility forms; nil until the hub has seen the row.
    public let folded: String?
    /// The name in the letters that it looks like.
    public let look: String?
    /// Whether the person may change what belongs to all teams.
    public let isInstallationAdmin: Bool

    public init(
        id: UserID, teamID: TeamID, name: String, role: Role, password: String,
        createdAt: Timestamp, folded: String? = nil, look: String? = nil,
        isInstallationAdmin: Bool = false
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.role = role
        self.password = password
        self.createdAt = createdAt
        self.folded = folded
        self.look = look
        self.isInstallationAdmin = isInstallationAdmin
    }

    static let columns =
        "id, team_id, name, role, password, created_at, folded, look, is_installation"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            id: try row.identifier(), teamID: try row.identifier(), name: try row.text(),
            role: try row.word(), password: try row.text(), createdAt: try row.time(),
            folded: try row.optionalText(), look: try row.optionalText(),
            isInstallationAdmin: try row.flag())
    }
}

extension StoreTransaction {
    public func insert(_ user: UserRow) throws(StoreError) {
        try execute(
            "INSERT INTO users (\(UserRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                user.id.text, user.teamID.text, user.name, user.role.rawValue, user.password,
                user.createdAt.milliseconds, user.folded, user.look, user.isInstallationAdmin,
            ])
    }

    public func user(_ id: UserID) throws(StoreError) -> UserRow? {
        try row("SELECT \(UserRow.columns) FROM users WHERE id = ?", [id.text], UserRow.init)
    }

    /// Who has a name, oldest account first, at most `limit`; of one team or of all.
    public func users(
        folded: String, in team: TeamID? = nil, limit: Int
    ) throws(StoreError) -> [UserRow] {
        try rows(
            """
            SELECT \(UserRow.columns) FROM users
            WHERE folded = ?1 AND (?2 IS NULL OR team_id = ?2) ORDER BY created_at, id LIMIT ?3
            """,
            [folded, team?.text, limit], UserRow.init)
    }

    /// Whether a team has somebody of this name, or of one that looks like it.
    public func hasUser(
        folded: String, look: String, in team: TeamID
    ) throws(StoreError) -> Bool {
        try integer(
            "SELECT count(*) FROM users WHERE team_id = ? AND (folded = ? OR look = ?)",
            [team.text, folded, look]) > 0
    }

    /// Accounts from before names were compared without case, oldest first.
    public func usersWithoutFolding() throws(StoreError) -> [UserRow] {
        try rows(
            "SELECT \(UserRow.columns) FROM users WHERE folded IS NULL ORDER BY created_at, id",
            [], UserRow.init)
    }

    public func setFolding(
        _ folded: String, look: String, of id: UserID
    ) throws(StoreError) {
        try execute(
            "UPDATE users SET folded = ?, look = ? WHERE id = ?", [folded, look, id.text])
    }

    public func setPassword(_ password: String, of id: UserID) throws(StoreError) {
        try execute("UPDATE users SET password = ? WHERE id = ?", [password, id.text])
    }

    public func setInstallationAdmin(_ isOne: Bool, of id: UserID) throws(StoreError) {
        try execute("UPDATE users SET is_installation = ? WHERE id = ?", [isOne, id.text])
    }

    /// Of one team or of all, by id.
    public func users(
        of team: TeamID?, after id: UserID? = nil, limit: Int
    ) throws(StoreError) -> [UserRow] {
        guard let team else {
            return try rows(
                "SELECT \(UserRow.columns) FROM users WHERE id > ? ORDER BY id LIMIT ?",
                [id?.text ?? "", limit], UserRow.init)
        }
        return try rows(
            """
            SELECT \(UserRow.columns) FROM users
            WHERE team_id = ? AND id > ? ORDER BY id LIMIT ?
            """,
            [team.text, id?.text ?? "", limit], UserRow.init)
    }

    public func userCount(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM users WHERE team_id = ?", [team.text])
    }

    /// Deletes the person and, by the schema, all logins and devices.
    public func deleteUser(_ id: UserID) throws(StoreError) {
        try execute("DELETE FROM users WHERE id = ?", [id.text])
    }
}
