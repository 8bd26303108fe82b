extension Migration {
    /// Teams with their people, keys and owned things; channels with their history.
    ///
    /// Times are milliseconds since 1970. A channel's number is its own for ever: a new epoch takes
    /// a new row, and the old one, nameless from then on, is emptied by the maintenance thread.
    /// `total_bytes` and `trimmed_bytes` only grow; their difference is what is kept.
    /// `bytes_through` is `total_bytes` as of that publication, so that trimming by bytes needs no
    /// sums. `event_ids` has the ids that producers gave: only those can come again, and random ids
    /// of our own would touch a page of the index each. Several lead to one publication where text
    /// deltas were merged.
    static let teamsAndChannels = Migration(
        number: 1,
        sql: """
            CREATE TABLE teams (
                id TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE users (
                id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name TEXT NOT NULL UNIQUE,
                role TEXT NOT NULL,
                password TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX users_of_team ON users (team_id, created_at, id);

            CREATE TABLE logins (
                id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                digest TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                last_used_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX logins_of_user ON logins (user_id, created_at);
            CREATE INDEX logins_by_expiry ON logins (expires_at);

            CREATE TABLE keys (
                id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name TEXT NOT NULL,
                digest TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER,
                last_used_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX keys_of_team ON keys (team_id, created_at, id);
            CREATE INDEX keys_by_expiry ON keys (expires_at) WHERE expires_at IS NOT NULL;

            CREATE TABLE owners (
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name TEXT,
                status TEXT,
                PRIMARY KEY (kind, id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX owners_of_team ON owners (team_id, kind, id);

            CREATE TABLE channels (
                number INTEGER PRIMARY KEY,
                name TEXT UNIQUE,
                epoch TEXT NOT NULL,
                head INTEGER NOT NULL DEFAULT 0,
                oldest INTEGER NOT NULL DEFAULT 1,
                total_bytes INTEGER NOT NULL DEFAULT 0,
                trimmed_bytes INTEGER NOT NULL DEFAULT 0,
                oldest_time INTEGER
            ) STRICT;

            CREATE TABLE publications (
                channel INTEGER NOT NULL,
                offset INTEGER NOT NULL,
                time INTEGER NOT NULL,
                bytes_through INTEGER NOT NULL,
                body BLOB NOT NULL,
                PRIMARY KEY (channel, offset)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE event_ids (
                channel INTEGER NOT NULL,
                event_id TEXT NOT NULL,
                offset INTEGER NOT NULL,
                PRIMARY KEY (channel, event_id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX event_ids_by_offset ON event_ids (channel, offset);

            CREATE TABLE generations (
                file TEXT NOT NULL PRIMARY KEY,
                count INTEGER NOT NULL,
                digest TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
