extension Migration {
    /// Runs by agent workers: who runs a session, and the conversation as the model is shown it.
    ///
    /// A session that an agent outside had run before is that agent's; what people said to it
    /// without an answer waits for nobody.
    static let runs = Migration(
        number: 3,
        sql: """
            ALTER TABLE sessions ADD COLUMN is_outside INTEGER NOT NULL DEFAULT 0;
            UPDATE sessions SET is_outside = 1 WHERE phase <> 'idle' OR EXISTS (
                SELECT 1 FROM messages WHERE session_id = sessions.id AND role <> 'user');
            ALTER TABLE messages ADD COLUMN usage TEXT;
            UPDATE messages SET status = NULL WHERE status = 'accepted' AND session_id IN (
                SELECT id FROM sessions WHERE is_outside = 0);
            CREATE INDEX messages_waiting ON messages (session_id, sequence)
                WHERE status IN ('queued', 'accepted');
            CREATE INDEX messages_processing ON messages (session_id) WHERE status = 'processing';

            CREATE TABLE leases (
                session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
                team_id TEXT NOT NULL,
                generation INTEGER NOT NULL,
                state TEXT NOT NULL,
                last_report INTEGER NOT NULL,
                usage_before TEXT,
                granted_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX leases_open ON leases (session_id) WHERE state <> 'ended';

            ALTER TABLE permissions ADD COLUMN generation INTEGER;
            ALTER TABLE permissions ADD COLUMN input_digest TEXT;
            ALTER TABLE permissions ADD COLUMN rule TEXT;

            CREATE TABLE transcript (
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                sequence INTEGER NOT NULL,
                role TEXT NOT NULL,
                is_summary INTEGER NOT NULL,
                total_bytes INTEGER NOT NULL,
                content BLOB NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX transcript_by_place ON transcript (session_id, sequence);
            """)
}
