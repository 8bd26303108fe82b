import JSON
import Realtime

/// What one `alwaysAllow` remembered.
public struct RuleRow: Sendable, Equatable {
    public let id: RuleID
    public let sessionID: SessionID
    public let rule: PermissionRule
    /// Whose answer it was.
    public let createdBy: String
    public let createdAt: Timestamp

    public init(
        id: RuleID, sessionID: SessionID, rule: PermissionRule, createdBy: String,
        createdAt: Timestamp
    ) {
        self.id = id
        self.sessionID = sessionID
        self.rule = rule
        self.createdBy = createdBy
        self.createdAt = createdAt
    }

    static let columns = "id, session_id, tool_name, scope, created_by, created_at"

    init(_ row: inout RowReader) throws(StoreError) {
        id = try row.identifier()
        sessionID = try row.identifier()
        // The column is for people who look into the database.
        _ = try row.text()
        rule = try row.rule()
        createdBy = try row.text()
        createdAt = try row.time()
    }
}

extension StoreTransaction {
    public func insert(_ rule: RuleRow) throws(StoreError) {
        try execute(
            "INSERT INTO rules (\(RuleRow.columns)) VALUES (?, ?, ?, ?, ?, ?)",
            [
                rule.id.text, rule.sessionID.text, rule.rule.toolName, rule.storedScope,
                rule.createdBy, rule.createdAt.milliseconds,
            ])
    }

    /// All of a session, oldest first; their number is bounded by whoever adds them.
    public func rules(of session: SessionID) throws(StoreError) -> [RuleRow] {
        try rows(
            """
            SELECT \(RuleRow.columns) FROM rules WHERE session_id = ? ORDER BY created_at, id
            """, [session.text], RuleRow.init)
    }

    /// A part of the list, behind the one made then with that id.
    public func rules(
        of session: SessionID, after cursor: (createdAt: Timestamp, id: RuleID)?, limit: Int
    ) throws(StoreError) -> [RuleRow] {
        try rows(
            """
            SELECT \(RuleRow.columns) FROM rules
            WHERE session_id = ? AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?
            """,
            [
                session.text, cursor?.createdAt.milliseconds ?? .min, cursor?.id.text ?? "", limit,
            ], RuleRow.init)
    }

    /// Removes one rule of a session, or all; says how many there were.
    public func deleteRules(of session: SessionID, _ id: RuleID?) throws(StoreError) -> Int {
        try execute(
            "DELETE FROM rules WHERE session_id = ?1 AND (?2 IS NULL OR id = ?2)",
            [session.text, id?.text])
        return changes
    }
}

extension RuleRow {
    /// The form of `PermissionRule.wireJSON`.
    fileprivate var storedScope: String {
        String(decoding: rule.wireJSON.encoded(), as: UTF8.self)
    }
}
