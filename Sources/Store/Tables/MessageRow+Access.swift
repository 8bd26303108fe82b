import GRDB
import Realtime

/// The partial indexes over statuses are named where they are used: left to itself SQLite takes the
/// primary key, and reads a whole transcript to find what waits in it.
extension StoreTransaction {
    /// Adds a message; see ``bound(messagesOf:to:)``.
    public func insert(_ message: MessageRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO messages (\(MessageRow.columns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                message.sessionID.text, message.sequence, message.id.text, message.role.rawValue,
                message.createdAt.milliseconds,
            ] + message.changingValues)
    }

    /// Writes everything of a message that can change.
    public func update(_ message: MessageRow) throws(StoreError) {
        try execute(
            """
            UPDATE messages SET (\(MessageRow.changingColumns)) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            WHERE session_id = ? AND sequence = ?
            """, message.changingValues + [message.sessionID.text, message.sequence])
    }

    public func message(
        _ id: MessageID, of session: SessionID
    ) throws(StoreError) -> MessageRow? {
        try message(of: session, where: "id", is: id.text)
    }

    /// The message that a client sent under its own id.
    public func message(
        sentAs id: ClientMessageID, to session: SessionID
    ) throws(StoreError) -> MessageRow? {
        try message(of: session, where: "client_message_id", is: id.text)
    }

    /// The latest message about a tool use.
    public func message(
        about tool: ToolUseID, of session: SessionID
    ) throws(StoreError) -> MessageRow? {
        try message(of: session, where: "tool_use_id", is: tool.text)
    }

    /// Oldest first behind a place, or with `isNewestFirst` the other way round in front of it, until
    /// a limit is reached; at least one.
    public func messages(
        of session: SessionID, beyond sequence: Int64, isNewestFirst: Bool = false, limit: Int,
        maximumBytes: Int
    ) throws(StoreError) -> RowBatch<MessageRow> {
        let (comparison, order) = isNewestFirst ? ("<", "DESC") : (">", "ASC")
        return try batch(
            """
            SELECT \(MessageRow.columns) FROM messages
            WHERE session_id = ? AND sequence \(comparison) ?
            ORDER BY sequence \(order) LIMIT ?
            """, [session.text, sequence, limit + 1], limit: limit, maximumBytes: maximumBytes,
            MessageRow.init)
    }

    /// Messages that wait for the running turn to end, oldest first.
    public func queuedMessages(of session: SessionID) throws(StoreError) -> [MessageRow] {
        try rows(
            """
            SELECT \(MessageRow.columns) FROM messages INDEXED BY messages_queued
            WHERE session_id = ? AND status = 'queued' ORDER BY sequence
            """, [session.text], MessageRow.init)
    }

    /// The turn has ended: what was queued is the agent's to read now.
    public func acceptQueuedMessages(of session: SessionID) throws(StoreError) {
        try execute(
            """
            UPDATE messages INDEXED BY messages_queued SET status = 'accepted'
            WHERE session_id = ? AND status = 'queued'
            """, [session.text])
    }

    /// Messages that no run has taken yet, oldest first: queued ones, and those that were accepted
    /// while no worker was there.
    public func waitingMessages(
        of session: SessionID, limit: Int = -1
    ) throws(StoreError) -> [MessageRow] {
        try rows(
            """
            SELECT \(MessageRow.columns) FROM messages INDEXED BY messages_waiting
            WHERE session_id = ? AND status IN ('queued', 'accepted') ORDER BY sequence LIMIT ?
            """, [session.text, limit], MessageRow.init)
    }

    /// How many messages no run has taken; of them those that a running turn holds up.
    public func waitingCounts(
        of session: SessionID
    ) throws(StoreError) -> (all: Int, queued: Int) {
        try row(
            """
            SELECT count(*), coalesce(sum(status = 'queued'), 0)
            FROM messages INDEXED BY messages_waiting
            WHERE session_id = ? AND status IN ('queued', 'accepted')
            """, [session.text]
        ) { (row) throws(StoreError) in
            (all: Int(try row.integer()), queued: Int(try row.integer()))
        } ?? (0, 0)
    }

    /// The sessions without a run and without an agent outside that have messages waiting, the one
    /// that has waited longest first.
    public func waitingSessions() throws(StoreError) -> [(id: SessionID, team: TeamID)] {
        try rows(
            """
            SELECT sessions.id, sessions.team_id FROM sessions
            CROSS JOIN messages INDEXED BY messages_waiting
                ON messages.session_id = sessions.id AND status IN ('queued', 'accepted')
            WHERE NOT is_outside AND NOT is_deleted AND sessions.id NOT IN (
                SELECT session_id FROM leases WHERE state <> 'ended')
            GROUP BY sessions.id ORDER BY min(messages.created_at), sessions.id
            """, []
        ) { (row) throws(StoreError) in (try row.identifier(), try row.identifier()) }
    }

    /// The run is over: what it took is answered, at this cost.
    public func endProcessing(
        of session: SessionID, usage: TokenUsage?
    ) throws(StoreError) {
        try execute(
            """
            UPDATE messages INDEXED BY messages_processing SET status = NULL, usage = ?
            WHERE session_id = ? AND status = 'processing'
            """, [usage?.stored, session.text])
    }

    /// Removes a message.
    public func delete(_ message: MessageRow) throws(StoreError) {
        try execute(
            "DELETE FROM messages WHERE session_id = ? AND sequence = ?",
            [message.sessionID.text, message.sequence])
    }

    private func message(
        of session: SessionID, where column: String, is value: String
    ) throws(StoreError) -> MessageRow? {
        try row(
            """
            SELECT \(MessageRow.columns) FROM messages WHERE session_id = ? AND \(column) = ?
            ORDER BY sequence DESC LIMIT 1
            """, [session.text, value], MessageRow.init)
    }
}

extension MessageRow {
    fileprivate var changingValues: StatementArguments {
        [
            text, status?.rawValue, clientMessageID?.text, toolName, toolUseID?.text, toolInput,
            result, isError, turnID?.text, usage?.stored,
        ]
    }
}
