extension Migration {
    /// Sessions with their transcripts, questions for permission and rules; workspaces.
    ///
    /// What belongs to a session goes with it. `phase` is what the session would be doing if nobody
    /// had to be asked. Ended questions stay for a while, so that a second answer can be told from a
    /// wrong id.
    static let sessions = Migration(
        number: 2,
        sql: """
            CREATE TABLE workspaces (
                id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name TEXT NOT NULL,
                path TEXT NOT NULL,
                mode TEXT,
                agent TEXT,
                model TEXT,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX workspaces_of_team ON workspaces (team_id, created_at, id);

            CREATE TABLE sessions (
                id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                created_at INTEGER NOT NULL,
                name TEXT,
                phase TEXT NOT NULL,
                mode TEXT NOT NULL,
                mode_version INTEGER NOT NULL,
                agent TEXT,
                model TEXT,
                workspace_id TEXT REFERENCES workspaces (id) ON DELETE SET NULL,
                working_directory TEXT,
                permission_timeout INTEGER,
                pending_permissions INTEGER NOT NULL,
                message_count INTEGER NOT NULL,
                usage TEXT,
                updated_at INTEGER NOT NULL,
                last_message_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX sessions_of_team ON sessions (team_id, created_at, id);
            CREATE INDEX sessions_of_workspace ON sessions (workspace_id);

            CREATE TABLE messages (
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                sequence INTEGER NOT NULL,
                id TEXT NOT NULL,
                role TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                text TEXT NOT NULL,
                status TEXT,
                client_message_id TEXT,
                tool_name TEXT,
                tool_use_id TEXT,
                tool_input TEXT,
                result TEXT,
                is_error INTEGER,
                turn_id TEXT,
                PRIMARY KEY (session_id, sequence)
            ) STRICT, WITHOUT ROWID;
            CREATE UNIQUE INDEX messages_by_id ON messages (session_id, id);
            CREATE UNIQUE INDEX messages_by_client ON messages (session_id, client_message_id)
                WHERE client_message_id IS NOT NULL;
            CREATE INDEX messages_by_tool_use ON messages (session_id, tool_use_id)
                WHERE tool_use_id IS NOT NULL;
            CREATE INDEX messages_queued ON messages (session_id, sequence)
                WHERE status = 'queued';

            CREATE TABLE permissions (
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                request_id TEXT NOT NULL,
                team_id TEXT NOT NULL,
                tool_name TEXT NOT NULL,
                command TEXT NOT NULL,
                description TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER,
                state TEXT NOT NULL,
                resolved_by TEXT,
                PRIMARY KEY (session_id, request_id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX permissions_pending
                ON permissions (team_id, created_at, session_id, request_id)
                WHERE state = 'pending';
            CREATE INDEX permissions_of_session ON permissions (session_id, state, created_at);

            CREATE TABLE rules (
                id TEXT NOT NULL PRIMARY KEY,
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                tool_name TEXT NOT NULL,
                scope TEXT NOT NULL,
                created_by TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX rules_of_session ON rules (session_id, created_at, id);
            """)
}
