import Protocol
import Realtime

/// A person, member of one team.
public struct UserRow: Sendable, Equatable {
    public let id: UserID
    public let teamID: TeamID
    /// What the person signs in with; unique over all teams.
    public let name: String
    public let role: Role
    /// `Crypto.PasswordHash.stored`.
    public let password: String
    public let createdAt: Timestamp

    public init(
        id: UserID, teamID: TeamID, name: String, role: Role, password: String,
        createdAt: Timestamp
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.role = role
        self.password = password
        self.createdAt = createdAt
    }

    static let columns = "id, team_id, name, role, password, created_at"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            id: try row.identifier(), teamID: try row.identifier(), name: try row.text(),
            role: try row.word(), password: try row.text(), createdAt: try row.time())
    }
}

extension StoreTransaction {
    public func insert(_ user: UserRow) throws(StoreError) {
        try execute(
            "INSERT INTO users (\(UserRow.columns)) VALUES (?, ?, ?, ?, ?, ?)",
            [
                user.id.text, user.teamID.text, user.name, user.role.rawValue, user.password,
                user.createdAt.milliseconds,
            ])
    }

    public func user(_ id: UserID) throws(StoreError) -> UserRow? {
        try row("SELECT \(UserRow.columns) FROM users WHERE id = ?", [id.text], UserRow.init)
    }

    public func user(named name: String) throws(StoreError) -> UserRow? {
        try row("SELECT \(UserRow.columns) FROM users WHERE name = ?", [name], UserRow.init)
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

    /// Deletes the person and, by the schema, all logins.
    public func deleteUser(_ id: UserID) throws(StoreError) {
        try execute("DELETE FROM users WHERE id = ?", [id.text])
    }
}
