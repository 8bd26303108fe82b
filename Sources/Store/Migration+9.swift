extension Migration {
    /// Names of sessions in the form in which they are searched, and their order over all teams.
    static let searchedNames = Migration(
        number: 9,
        sql: """
            ALTER TABLE sessions ADD COLUMN search_name TEXT;
            UPDATE sessions SET search_name = search_text(name) WHERE name IS NOT NULL;
            CREATE INDEX sessions_by_creation ON sessions (created_at, id);
            """)
}
