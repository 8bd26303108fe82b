import Realtime

/// A group of people who share sessions, specs and agents.
public struct TeamRow: Sendable, Equatable {
    public let id: TeamID
    public let name: String
    public let createdAt: Timestamp

    public init(id: TeamID, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }

    static let columns = "id, name, created_at"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(id: try row.identifier(), name: try row.text(), createdAt: try row.time())
    }
}

extension StoreTransaction {
    public func insert(_ team: TeamRow) throws(StoreError) {
        try execute(
            "INSERT INTO teams (\(TeamRow.columns)) VALUES (?, ?, ?)",
            [team.id.text, team.name, team.createdAt.milliseconds])
    }

    /// By id.
    public func teams(after id: TeamID? = nil, limit: Int) throws(StoreError) -> [TeamRow] {
        try rows(
            "SELECT \(TeamRow.columns) FROM teams WHERE id > ? ORDER BY id LIMIT ?",
            [id?.text ?? "", limit], TeamRow.init)
    }

    public func team(_ id: TeamID) throws(StoreError) -> TeamRow? {
        try row("SELECT \(TeamRow.columns) FROM teams WHERE id = ?", [id.text], TeamRow.init)
    }

    /// What the team's sessions keep, messages and conversations.
    public func keptBytes(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT kept_bytes FROM teams WHERE id = ?", [team.text])
    }

    public func teamCount() throws(StoreError) -> Int { try integer("SELECT count(*) FROM teams") }
}
