extension Migration {
    /// What tells a hub that its database went back in time.
    ///
    /// `committed` counts commits with publications, in a row that each of them writes anyway;
    /// `floor` stands for channels whose rows are gone.
    static let continuity = Migration(
        number: 6,
        sql: """
            ALTER TABLE channels ADD COLUMN committed INTEGER NOT NULL DEFAULT 0;
            CREATE TABLE continuity (
                identity TEXT NOT NULL,
                floor INTEGER NOT NULL
            ) STRICT;
            INSERT INTO continuity (identity, floor) VALUES ('', 0);
            """)
}
