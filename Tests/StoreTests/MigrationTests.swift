import GRDB
import Realtime
import Store
import Testing

@Suite struct `Migrations` {
    @Test func `an old rule allows the words that a person saw, and nothing behind them`() throws {
        let files = try TemporaryStore()
        try before(version: 11, of: files) { database in
            for (id, scope) in [("r1", #"["make","test"]"#), ("r2", #""src/ä""#)] {
                try database.execute(
                    sql: "INSERT INTO rules VALUES (?, 's', 'Bash', ?, 'me', ?)",
                    arguments: [id, scope, id == "r1" ? 1 : 2])
            }
            for (id, rule) in [
                ("q1", #"{"tool":"Bash","prefix":["git","log"]}"#),
                ("q2", #"{"tool":"Edit","path":"a"}"#), ("q3", nil),
            ] {
                try database.execute(
                    sql: """
                        INSERT INTO permissions (session_id, request_id, team_id, tool_name, command,
                            description, created_at, state, rule)
                        VALUES ('s', ?, 't', 'Bash', '', '', 1, 'pending', ?)
                        """, arguments: [id, rule])
            }
        }
        let store = try files.open()
        let rules = try store.transaction { try $0.rules(of: "s").map(\.rule) }
        #expect(
            rules == [
                PermissionRule(toolName: "Bash", scope: .command(["make", "test"])),
                PermissionRule(toolName: "Bash", scope: .path("src/ä")),
            ])
        let asked = try store.transaction { try $0.pendingPermissions(of: nil, in: "s") }
        #expect(
            asked.rows.map(\.rule) == [
                PermissionRule(toolName: "Bash", scope: .command(["git", "log"])),
                PermissionRule(toolName: "Edit", scope: .path("a")), nil,
            ])
    }

    /// A database as it was before a step, with a session `s` of the team `t` and what `body` adds.
    private func before(
        version: Int, of files: TemporaryStore, _ body: (Database) throws -> Void
    ) throws {
        let time = Timestamp(milliseconds: 1)
        try Store(path: files.path, version: version - 1).transaction { transaction in
            try transaction.insert(TeamRow(id: "t", name: "T", createdAt: time))
            try transaction.insert(SessionRow(id: "s", teamID: "t", mode: .ask, createdAt: time))
        }
        try DatabaseQueue(path: files.path).write(body)
    }
}
