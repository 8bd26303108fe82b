extension Migration {
    /// People by name within their team, their devices, and the admins of the installation.
    ///
    /// `users` is made anew, because a name is no longer unique over all teams. `folded` and `look`
    /// are what names are compared by; the hub fills them in where they are null. Who administered
    /// the oldest team, by account or by key, administers the installation. `installation` holds
    /// values of the whole of it, each made once.
    static let people = Migration(
        number: 7,
        sql: """
            CREATE TABLE users_anew (
                id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name TEXT NOT NULL,
                role TEXT NOT NULL,
                password TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                folded TEXT,
                look TEXT,
                is_installation INTEGER NOT NULL DEFAULT 0
            ) STRICT, WITHOUT ROWID;
            INSERT INTO users_anew (id, team_id, name, role, password, created_at)
                SELECT id, team_id, name, role, password, created_at FROM users;
            DROP TABLE users;
            ALTER TABLE users_anew RENAME TO users;
            CREATE INDEX users_of_team ON users (team_id, created_at, id);
            CREATE INDEX users_by_name ON users (folded, created_at, id);
            CREATE INDEX users_unfolded ON users (id) WHERE folded IS NULL;

            ALTER TABLE keys ADD COLUMN is_installation INTEGER NOT NULL DEFAULT 0;
            UPDATE users SET is_installation = 1 WHERE role = 'admin'
                AND team_id = (SELECT id FROM teams ORDER BY created_at, id LIMIT 1);
            UPDATE keys SET is_installation = 1 WHERE ' ' || scopes || ' ' LIKE '% admin %'
                AND team_id = (SELECT id FROM teams ORDER BY created_at, id LIMIT 1);

            ALTER TABLE logins ADD COLUMN device TEXT;
            CREATE TABLE devices (
                user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                digest TEXT NOT NULL,
                last_used_at INTEGER NOT NULL,
                PRIMARY KEY (user_id, digest)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE installation (
                name TEXT NOT NULL PRIMARY KEY,
                value TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
