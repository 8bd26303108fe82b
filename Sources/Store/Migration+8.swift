extension Migration {
    /// Whether agents may change what runs later, outside of their sandbox: not unless somebody
    /// says so.
    static let startupFiles = Migration(
        number: 8,
        sql: "ALTER TABLE workspaces ADD COLUMN allows_startup_files INTEGER NOT NULL DEFAULT 0;")
}
