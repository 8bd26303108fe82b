import GRDB
import Realtime

/// A folder that an agent works in, with defaults for its sessions.
public struct WorkspaceRow: Sendable, Equatable {
    public let id: WorkspaceID
    public let teamID: TeamID
    public var name: String
    /// Absolute.
    public var path: String
    public var mode: SessionMode?
    public var agent: String?
    public var model: String?
    /// Whether agents may change what runs later, outside of their sandbox.
    public var allowsStartupFiles = false
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    /// A new workspace without defaults.
    public init(
        id: WorkspaceID, teamID: TeamID, name: String, path: String, createdAt: Timestamp
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.path = path
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    static let columns =
        "id, team_id, name, path, mode, agent, model, allows_startup_files, created_at, updated_at"

    init(_ row: inout RowReader) throws(StoreError) {
        id = try row.identifier()
        teamID = try row.identifier()
        name = try row.text()
        path = try row.text()
        mode = try row.optionalWord()
        agent = try row.optionalText()
        model = try row.optionalText()
        allowsStartupFiles = try row.flag()
        createdAt = try row.time()
        updatedAt = try row.time()
    }
}

extension StoreTransaction {
    /// Inserts, or writes everything that can change.
    public func put(_ workspace: WorkspaceRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO workspaces (\(WorkspaceRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                name = excluded.name, path = excluded.path, mode = excluded.mode,
                agent = excluded.agent, model = excluded.model,
                allows_startup_files = excluded.allows_startup_files,
                updated_at = excluded.updated_at
            """,
            [
                workspace.id.text, workspace.teamID.text, workspace.name, workspace.path,
                workspace.mode?.rawValue, workspace.agent, workspace.model,
                workspace.allowsStartupFiles,
                workspace.createdAt.milliseconds, workspace.updatedAt.milliseconds,
            ])
    }

    public func workspace(_ id: WorkspaceID) throws(StoreError) -> WorkspaceRow? {
        try row(
            "SELECT \(WorkspaceRow.columns) FROM workspaces WHERE id = ?", [id.text],
            WorkspaceRow.init)
    }

    /// Oldest first, behind the one made then with that id; nil for every team.
    public func workspaces(
        of team: TeamID?, after cursor: (createdAt: Timestamp, id: WorkspaceID)? = nil, limit: Int
    ) throws(StoreError) -> [WorkspaceRow] {
        let ofTeam = team == nil ? "" : "AND team_id = ?"
        var arguments: StatementArguments = [
            cursor?.createdAt.milliseconds ?? .min, cursor?.id.text ?? "",
        ]
        if let team { arguments += [team.text] }
        return try rows(
            """
            SELECT \(WorkspaceRow.columns) FROM workspaces
            WHERE (created_at, id) > (?, ?) \(ofTeam) ORDER BY created_at, id LIMIT ?
            """,
            arguments + [limit], WorkspaceRow.init)
    }

    public func workspaceCount(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM workspaces WHERE team_id = ?", [team.text])
    }

    /// Its sessions stay, without a workspace.
    public func deleteWorkspace(_ id: WorkspaceID) throws(StoreError) {
        try execute("DELETE FROM workspaces WHERE id = ?", [id.text])
    }
}
