import GRDB
import JSON
import Protocol
import Realtime

/// A question for permission, also for a while after its end.
public struct PermissionRow: Sendable, Equatable {
    /// Where it stands; the raw value is the column's.
    public enum State: String, Sendable, CaseIterable {
        case pending, allowed, denied, withdrawn
        case timedOut = "timed_out"
    }

    /// 1,000 ended questions a session are kept: a second answer comes soon after the first.
    public static let maximumEndedPerSession = 1_000

    public let key: PermissionKey
    public let teamID: TeamID
    public let toolName: String
    public let command: String
    public let description: String
    /// The call it is about; nil where an agent outside names none.
    public var toolUseID: ToolUseID?
    public let createdAt: Timestamp
    /// Nil waits for ever.
    public let expiresAt: Timestamp?
    public var state: State
    /// Who ended it; nil while it is pending and where time did.
    public var resolvedBy: String?
    /// The lease under which a worker asked; nil for an agent outside.
    public var generation: Int64?
    /// Of the exact call, as the worker named it.
    public var inputDigest: String?
    /// What an `alwaysAllow` would remember of a worker's call; nil: nothing.
    public var rule: PermissionRule?

    /// A new question.
    public init(
        key: PermissionKey, teamID: TeamID, toolName: String, command: String, description: String,
        createdAt: Timestamp, expiresAt: Timestamp?
    ) {
        self.key = key
        self.teamID = teamID
        self.toolName = toolName
        self.command = command
        self.description = description
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.state = .pending
    }

    static let columns = """
        session_id, request_id, team_id, tool_name, command, description, created_at, expires_at,
        state, resolved_by, generation, input_digest, rule, tool_use_id
        """

    init(_ row: inout RowReader) throws(StoreError) {
        key = PermissionKey(try row.identifier(), try row.identifier())
        teamID = try row.identifier()
        toolName = try row.text()
        command = try row.text()
        description = try row.text()
        createdAt = try row.time()
        expiresAt = try row.optionalTime()
        state = try row.word()
        resolvedBy = try row.optionalText()
        generation = try row.optionalInteger()
        inputDigest = try row.optionalText()
        rule = try row.optionalRule()
        toolUseID = try row.optionalIdentifier()
    }
}

extension StoreTransaction {
    /// Adds a question, and drops the session's oldest ended ones over the limit.
    public func insert(_ permission: PermissionRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO permissions (\(PermissionRow.columns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                permission.key.session.text, permission.key.request.text, permission.teamID.text,
                permission.toolName, permission.command, permission.description,
                permission.createdAt.milliseconds, permission.expiresAt?.milliseconds,
                permission.state.rawValue, permission.resolvedBy, permission.generation,
                permission.inputDigest,
                permission.rule.map { String(decoding: $0.wireJSON.encoded(), as: UTF8.self) },
                permission.toolUseID?.text,
            ])
        try execute(
            """
            DELETE FROM permissions WHERE session_id = ?1 AND request_id IN (
                SELECT request_id FROM permissions WHERE session_id = ?1 AND state <> 'pending'
                ORDER BY created_at DESC LIMIT -1 OFFSET ?2)
            """, [permission.key.session.text, PermissionRow.maximumEndedPerSession])
    }

    public func endPermission(
        _ key: PermissionKey, as state: PermissionRow.State, by actor: String?
    ) throws(StoreError) {
        try execute(
            """
            UPDATE permissions SET state = ?, resolved_by = ?
            WHERE session_id = ? AND request_id = ?
            """, [state.rawValue, actor, key.session.text, key.request.text])
    }

    /// Pending or ended.
    public func permission(_ key: PermissionKey) throws(StoreError) -> PermissionRow? {
        try row(
            """
            SELECT \(PermissionRow.columns) FROM permissions
            WHERE session_id = ? AND request_id = ?
            """, [key.session.text, key.request.text], PermissionRow.init)
    }

    /// Pending ones, oldest first, behind the one asked then under that key, until a limit is
    /// reached; nil for every team or every session.
    ///
    /// A statement a case: with `? IS NULL OR` SQLite would look at the questions of every team.
    public func pendingPermissions(
        of team: TeamID?, in session: SessionID?,
        after cursor: (createdAt: Timestamp, key: PermissionKey)? = nil, limit: Int = .max - 1,
        maximumBytes: Int = .max
    ) throws(StoreError) -> RowBatch<PermissionRow> {
        var conditions = "state = 'pending' AND (created_at, session_id, request_id) > (?, ?, ?)"
        var arguments: StatementArguments = [
            cursor?.createdAt.milliseconds ?? .min, cursor?.key.session.text ?? "",
            cursor?.key.request.text ?? "",
        ]
        if let team {
            conditions += " AND team_id = ?"
            arguments += [team.text]
        }
        if let session {
            conditions += " AND session_id = ?"
            arguments += [session.text]
        }
        return try batch(
            """
            SELECT \(PermissionRow.columns) FROM permissions WHERE \(conditions)
            ORDER BY created_at, session_id, request_id LIMIT ?
            """, arguments + [limit + 1], limit: limit, maximumBytes: maximumBytes,
            PermissionRow.init)
    }

    /// The tool calls of a run that somebody was asked for and nobody allowed.
    public func toolsNotAllowed(
        in session: SessionID, generation: Int64
    ) throws(StoreError) -> Set<ToolUseID> {
        Set(
            try rows(
                """
                SELECT tool_use_id FROM permissions
                WHERE session_id = ? AND generation = ? AND state <> 'allowed'
                    AND tool_use_id IS NOT NULL
                """, [session.text, generation]
            ) { (row) throws(StoreError) -> ToolUseID in try row.identifier() })
    }
}

extension RowReader {
    mutating func optionalRule() throws(StoreError) -> PermissionRule? {
        try optionalText().map { text throws(StoreError) in try rule(text) }
    }

    mutating func rule() throws(StoreError) -> PermissionRule { try rule(try text()) }

    /// The form of `PermissionRule.wireJSON`.
    private func rule(_ text: String) throws(StoreError) -> PermissionRule {
        do {
            if let rule = PermissionRule(wireJSON: try JSONValue(parsing: Array(text.utf8))) {
                return rule
            }
        } catch {
            // Not JSON: as damaged as JSON of another form.
        }
        throw damaged()
    }
}
