extension Migration {
    /// Specs and agents are named by each team for itself, and their channels with them.
    ///
    /// A channel gets its inside name (`ChannelIdentity`) by the owner on record. One without an owner
    /// could be read by nobody, and is retired: no team may inherit it with its name.
    static let teamsOwnNames = Migration(
        number: 12,
        sql: """
            CREATE TABLE owners_anew (
                team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                name TEXT,
                status TEXT,
                PRIMARY KEY (team_id, kind, id)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO owners_anew (team_id, kind, id, name, status)
                SELECT team_id, kind, id, name, status FROM owners;

            UPDATE channels SET name = (
                SELECT owners.kind || ':' || owners.team_id || '/' || owners.id FROM owners
                WHERE owners.kind = substr(channels.name, 1, instr(channels.name, ':') - 1)
                    AND owners.id = substr(channels.name, instr(channels.name, ':') + 1))
            WHERE name GLOB 'spec:*' OR name GLOB 'agent:*';

            DROP TABLE owners;
            ALTER TABLE owners_anew RENAME TO owners;
            """)
}
