import Realtime

/// How much of a session's messages is kept, and what is said of what was not.
public struct MessageBounds: Sendable, Equatable {
    public var bytes: Int64
    /// A transcript keeps its latest 10,000 messages: more than any model reads back.
    public var count: Int64 = 10_000

    public init(bytes: Int64) { self.bytes = bytes }

    /// In place of an old tool result.
    public static let removedResult = """
        [This result was removed: the session had reached its limit, hub.maximumSessionBytes.]
        """
    /// The oldest message, where older ones are gone.
    public static let removedMessages = """
        [Earlier messages were removed: the session had reached its limit, \
        hub.maximumSessionBytes or 10,000 messages.]
        """
    /// The latest messages stay as they are.
    static let untouched: Int64 = 8
    /// Rows in one go: the rest follows with the next message.
    static let step = 200
    /// Below the limit by a sixteenth, so that it is not met again by the next message.
    var target: Int64 { bytes / 16 * 15 }
}

extension StoreTransaction {
    /// Brings a session's messages back within their bounds: the oldest tool results lose their text
    /// first, then the oldest messages go, and one that says so takes their place.
    ///
    /// What still waits for its turn stays. Costs what is taken out, a few rows at most times.
    /// - Returns: whether something was taken out.
    public func bound(
        messagesOf session: SessionID, to bounds: MessageBounds
    ) throws(StoreError) -> Bool {
        guard let size = try messageSize(of: session) else { return false }
        let isLong = size.last - size.first >= bounds.count
        if isLong {
            try removeMessages(
                of: session, through: size.last - bounds.count + Int64(MessageBounds.step) / 2)
        }
        guard size.bytes > bounds.bytes else { return isLong }
        try shortenResults(of: session, size, bounds)
        if let now = try messageSize(of: session), now.bytes > bounds.bytes {
            try removeOldest(of: session, now, bounds)
        }
        return true
    }

    private struct MessageSize {
        let bytes: Int64
        /// Results through this place were shortened.
        let shortened: Int64
        let first: Int64
        let last: Int64
    }

    private func messageSize(of session: SessionID) throws(StoreError) -> MessageSize? {
        try row(
            """
            SELECT message_bytes, messages_shortened,
                (SELECT min(sequence) FROM messages WHERE session_id = ?1),
                (SELECT max(sequence) FROM messages WHERE session_id = ?1)
            FROM sessions WHERE id = ?1
            """, [session.text]
        ) { (row) throws(StoreError) -> MessageSize in
            MessageSize(
                bytes: try row.integer(), shortened: try row.integer(),
                first: try row.optionalInteger() ?? 0, last: try row.optionalInteger() ?? 0)
        }
    }

    private func shortenResults(
        of session: SessionID, _ size: MessageSize, _ bounds: MessageBounds
    ) throws(StoreError) {
        var excess = size.bytes - bounds.target
        var (places, last) = ([Int64](), size.shortened)
        _ = try rows(
            """
            SELECT sequence, length(CAST(result AS BLOB)),
                coalesce(length(CAST(tool_input AS BLOB)), 0) FROM messages
            WHERE session_id = ? AND sequence > ? AND sequence <= ? AND role = 'tool'
                AND result IS NOT NULL
            ORDER BY sequence LIMIT ?
            """,
            [
                session.text, size.shortened, size.last - MessageBounds.untouched,
                MessageBounds.step,
            ]
        ) { (row) throws(StoreError) -> Bool? in
            guard excess > 0 else { return nil }
            last = try row.integer()
            let bytes = try row.integer() + row.integer()
            guard bytes > MessageBounds.removedResult.utf8.count else { return true }
            places.append(last)
            excess -= bytes
            return true
        }
        for place in places {
            try execute(
                """
                UPDATE messages SET result = ?, tool_input = CASE
                    WHEN length(CAST(tool_input AS BLOB)) > 1024 THEN '{}' ELSE tool_input END
                WHERE session_id = ? AND sequence = ?
                """, [MessageBounds.removedResult, session.text, place])
        }
        try execute(
            "UPDATE sessions SET messages_shortened = ? WHERE id = ?", [last, session.text])
    }

    private func removeOldest(
        of session: SessionID, _ size: MessageSize, _ bounds: MessageBounds
    ) throws(StoreError) {
        var excess = size.bytes - bounds.target
        var last: Int64?
        _ = try rows(
            """
            SELECT sequence, length(CAST(text AS BLOB)),
                coalesce(length(CAST(tool_input AS BLOB)), 0),
                coalesce(length(CAST(result AS BLOB)), 0) FROM messages
            WHERE session_id = ? AND sequence <= ? ORDER BY sequence LIMIT ?
            """, [session.text, size.last - MessageBounds.untouched, MessageBounds.step]
        ) { (row) throws(StoreError) -> Bool? in
            guard excess > 0 else { return nil }
            last = try row.integer()
            excess -= try row.integer() + row.integer() + row.integer() + 256
            return true
        }
        if let last { try removeMessages(of: session, through: last) }
    }

    /// The last of them says that the others were there.
    private func removeMessages(
        of session: SessionID, through place: Int64
    ) throws(StoreError) {
        let isDone = """
            session_id = ? AND coalesce(status, '') NOT IN ('queued', 'accepted', 'processing')
            """
        guard
            let last = try row(
                "SELECT max(sequence) FROM messages WHERE \(isDone) AND sequence <= ?",
                [session.text, place], { (row) throws(StoreError) in try row.optionalInteger() })
                ?? nil
        else { return }
        try execute(
            "DELETE FROM messages WHERE \(isDone) AND sequence < ?", [session.text, last])
        try execute(
            """
            UPDATE messages SET role = 'assistant', text = ?, status = NULL,
                client_message_id = NULL, tool_name = NULL, tool_use_id = NULL, tool_input = NULL,
                result = NULL, is_error = NULL, turn_id = NULL, usage = NULL
            WHERE session_id = ? AND sequence = ?
            """, [MessageBounds.removedMessages, session.text, last])
    }
}
