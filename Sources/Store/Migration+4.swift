extension Migration {
    /// The call that a question for permission is about, so that people see which tool waits.
    static let questionsOfTools = Migration(
        number: 4,
        sql: "ALTER TABLE permissions ADD COLUMN tool_use_id TEXT;")
}
