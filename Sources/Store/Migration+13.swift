extension Migration {
    /// A deleted session is gone at once for everybody, and its rows go in small steps; see
    /// ``SessionRemoval``.
    ///
    /// What it kept counts for its team no more from the first moment, and is not counted again with
    /// each row.
    static let deletedSessions = Migration(
        number: 13,
        sql: """
            ALTER TABLE sessions ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX sessions_deleted ON sessions (id) WHERE is_deleted;

            DROP TRIGGER message_removed;
            CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
                UPDATE sessions SET message_bytes = message_bytes - \(size(of: "old"))
                    WHERE id = old.session_id AND NOT is_deleted;
            END;
            DROP TRIGGER entry_removed;
            CREATE TRIGGER entry_removed AFTER DELETE ON transcript BEGIN
                UPDATE sessions SET transcript_bytes = transcript_bytes - length(old.content) - 256
                    WHERE id = old.session_id AND NOT is_deleted;
            END;
            """)
}
