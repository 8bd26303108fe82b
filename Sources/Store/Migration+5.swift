extension Migration {
    /// Reading channels takes scopes.
    ///
    /// Any key could read every channel of its team before. One that may do more than publish keeps
    /// that; one that may only publish, which reading was never meant for, reads nothing any more.
    static let scopesOfReading = Migration(
        number: 5,
        sql: """
            ALTER TABLE sessions ADD COLUMN runner TEXT;
            UPDATE keys SET scopes = scopes || ' sessions:read'
                WHERE scopes <> 'publish' AND scopes NOT LIKE '%sessions:read%';
            UPDATE keys SET scopes = scopes || ' channels:read' WHERE scopes <> 'publish';
            """)
}
