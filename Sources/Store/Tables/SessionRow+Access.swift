import GRDB
import Realtime

/// Which sessions a list shows.
public struct SessionFilter: Sendable, Equatable {
    /// Nil for every team: only for the CLI on the hub's machine.
    public var teamID: TeamID?
    public var status: SessionStatus?
    /// A part of the name, in either case of ASCII letters.
    public var nameContains: String?

    public init(teamID: TeamID?, status: SessionStatus? = nil, nameContains: String? = nil) {
        self.teamID = teamID
        self.status = status
        self.nameContains = nameContains
    }
}

extension StoreTransaction {
    public func insert(_ session: SessionRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO sessions (\(SessionRow.columns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [session.id.text, session.teamID.text, session.createdAt.milliseconds]
                + session.changingValues)
    }

    /// Writes everything of a session that can change.
    public func update(_ session: SessionRow) throws(StoreError) {
        try execute(
            """
            UPDATE sessions SET (\(SessionRow.changingColumns))
                = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            WHERE id = ?
            """, session.changingValues + [session.id.text])
    }

    public func session(_ id: SessionID) throws(StoreError) -> SessionRow? {
        try row(
            "SELECT \(SessionRow.columns) FROM sessions WHERE id = ?", [id.text], SessionRow.init)
    }

    /// Newest first, behind the one made then with that id.
    public func sessions(
        _ filter: SessionFilter, after cursor: (createdAt: Timestamp, id: SessionID)? = nil,
        limit: Int
    ) throws(StoreError) -> [SessionRow] {
        try rows(
            """
            SELECT \(SessionRow.columns) FROM sessions
            WHERE (?1 IS NULL OR team_id = ?1)
                AND (?2 IS NULL OR CASE ?2
                    WHEN 'waiting' THEN pending_permissions > 0
                    ELSE pending_permissions = 0 AND phase = ?2 END)
                AND (?3 IS NULL OR instr(lower(name), lower(?3)) > 0)
                AND (?4 IS NULL OR (created_at, id) < (?4, ?5))
            ORDER BY created_at DESC, id DESC LIMIT ?6
            """,
            [
                filter.teamID?.text, filter.status?.rawValue, filter.nameContains,
                cursor?.createdAt.milliseconds, cursor?.id.text, limit,
            ], SessionRow.init)
    }

    public func sessionCount(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM sessions WHERE team_id = ?", [team.text])
    }

    /// Of every team.
    public func runningSessionCount() throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM sessions WHERE phase = 'running'")
    }

    /// Removes a session with its messages, questions and rules.
    public func deleteSession(_ id: SessionID) throws(StoreError) {
        try execute("DELETE FROM sessions WHERE id = ?", [id.text])
    }
}

extension SessionRow {
    fileprivate var changingValues: StatementArguments {
        [
            name, phase.rawValue, mode.rawValue, modeVersion, agent, model, workspaceID?.text,
            workingDirectory, permissionTimeout.stored, pendingPermissions, messageCount,
            usage?.stored,
            updatedAt.milliseconds, lastMessageAt?.milliseconds, isOutside, runner?.text,
        ]
    }
}

extension PermissionTimeout {
    /// Null for the standard, −1 for never, else milliseconds.
    init(stored: Int64?) {
        switch stored {
        case nil: self = .standard
        case .some(let milliseconds):
            self = milliseconds < 0 ? .never : .after(milliseconds: milliseconds)
        }
    }

    var stored: Int64? {
        switch self {
        case .standard: nil
        case .never: -1
        case .after(let milliseconds): milliseconds
        }
    }
}

extension TokenUsage {
    /// Its numbers in the order of the type, `-` where there is none.
    var stored: String {
        [
            inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, contextTokens,
            contextWindow,
        ].map { $0.map(String.init) ?? "-" }.joined(separator: " ")
    }
}

extension RowReader {
    mutating func usage() throws(StoreError) -> TokenUsage? {
        guard let text = try optionalText() else { return nil }
        let numbers = text.split(separator: " ").map { Int64($0) }
        guard numbers.count == 6, let input = numbers[0], let output = numbers[1] else {
            throw damaged()
        }
        return TokenUsage(
            inputTokens: input, outputTokens: output, cacheReadTokens: numbers[2],
            cacheCreationTokens: numbers[3], contextTokens: numbers[4], contextWindow: numbers[5])
    }
}
