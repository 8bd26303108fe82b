import GRDB
import Realtime

/// Which sessions a list shows.
public struct SessionFilter: Sendable, Equatable {
    /// Nil for every team: only for the CLI on the hub's machine.
    public var teamID: TeamID?
    public var status: SessionStatus?
    /// A part of the name, in either case of any script; see ``SearchText``.
    public var nameContains: String?

    public init(teamID: TeamID?, status: SessionStatus? = nil, nameContains: String? = nil) {
        self.teamID = teamID
        self.status = status
        self.nameContains = nameContains
    }
}

/// Where a list of sessions stands.
public typealias SessionPlace = (createdAt: Timestamp, id: SessionID)

/// A part of a list of sessions.
public struct SessionBatch {
    public let rows: [SessionRow]
    /// Behind which there may be more; nil at the end.
    public let next: SessionPlace?
}

extension SessionFilter {
    /// 1 for a session that the list shows; its parameters are the status and the text.
    fileprivate static let match = """
        (?1 IS NULL OR CASE ?1
            WHEN 'waiting' THEN pending_permissions > 0
            ELSE pending_permissions = 0 AND phase = ?1 END)
        AND (?2 IS NULL OR coalesce(instr(search_name, ?2), 0) > 0)
        """
}

extension StoreTransaction {
    public func insert(_ session: SessionRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO sessions (\(SessionRow.columns), search_name)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [session.id.text, session.teamID.text, session.createdAt.milliseconds]
                + session.changingValues)
    }

    /// Writes everything of a session that can change.
    public func update(_ session: SessionRow) throws(StoreError) {
        try execute(
            """
            UPDATE sessions SET (\(SessionRow.changingColumns), search_name)
                = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            WHERE id = ?
            """, session.changingValues + [session.id.text])
    }

    public func session(_ id: SessionID) throws(StoreError) -> SessionRow? {
        try row(
            "SELECT \(SessionRow.columns) FROM sessions WHERE id = ? AND NOT is_deleted", [id.text],
            SessionRow.init)
    }

    /// Newest first, behind the one made then with that id, until `limit` are found or
    /// `maximumLookedAt` were looked at.
    ///
    /// A statement a case: with `? IS NULL OR` SQLite would look at the sessions of every team.
    public func sessions(
        _ filter: SessionFilter, after cursor: SessionPlace? = nil, limit: Int, maximumLookedAt: Int
    ) throws(StoreError) -> SessionBatch {
        let ofTeam = filter.teamID == nil ? "" : "AND team_id = ?"
        var arguments: StatementArguments = [
            filter.status?.rawValue, filter.nameContains.map { SearchText($0).text },
            cursor?.createdAt.milliseconds ?? .max, cursor?.id.text ?? "",
        ]
        if let team = filter.teamID { arguments += [team.text] }
        var (found, lookedAt) = (0, 0)
        var last: SessionPlace?
        var hasMore = false
        let rows = try rows(
            """
            SELECT \(SessionFilter.match), \(SessionRow.columns) FROM sessions
            WHERE (created_at, id) < (?, ?) \(ofTeam) AND NOT is_deleted
            ORDER BY created_at DESC, id DESC
            """, arguments
        ) { (row) throws(StoreError) -> SessionRow?? in
            let matches = try row.flag()
            hasMore = lookedAt == maximumLookedAt || matches && found == limit
            guard !hasMore else { return nil }
            let session = try SessionRow(&row)
            lookedAt += 1
            last = (session.createdAt, session.id)
            guard matches else { return .some(nil) }
            found += 1
            return session
        }
        return SessionBatch(rows: rows.compactMap(\.self), next: hasMore ? last : nil)
    }

    public func sessionCount(of team: TeamID) throws(StoreError) -> Int {
        try integer(
            "SELECT count(*) FROM sessions WHERE team_id = ? AND NOT is_deleted", [team.text])
    }

    /// Of every team.
    public func runningSessionCount() throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM sessions WHERE phase = 'running' AND NOT is_deleted")
    }

    /// Hides a session from everything, and removes its questions, rules and leases.
    ///
    /// Its messages are many: ``Maintenance`` removes them, step by step.
    public func deleteSession(_ id: SessionID) throws(StoreError) {
        try execute(
            """
            UPDATE sessions SET is_deleted = 1, message_bytes = 0, transcript_bytes = 0 WHERE id = ?
            """, [id.text])
        for table in ["permissions", "rules", "leases"] {
            try execute("DELETE FROM \(table) WHERE session_id = ?", [id.text])
        }
    }
}

extension SessionRow {
    fileprivate var changingValues: StatementArguments {
        [
            name, phase.rawValue, mode.rawValue, modeVersion, agent, model, workspaceID?.text,
            workingDirectory, permissionTimeout.stored, pendingPermissions, messageCount,
            usage?.stored,
            updatedAt.milliseconds, lastMessageAt?.milliseconds, isOutside, runner?.text,
            name.map { SearchText($0).text },
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
