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

    @Test func `specs and agents become their team's own, and their channels with them`() throws {
        let files = try TemporaryStore()
        try before(version: 12, of: files) { database in
            try database.execute(
                sql: """
                    INSERT INTO teams (id, name, created_at) VALUES ('u', 'U', 1);
                    INSERT INTO owners (kind, id, team_id, name, status) VALUES
                        ('spec', 'x', 't', 'X', NULL), ('agent', 'x', 'u', NULL, 'idle'),
                        ('spec', 'quiet', 'u', NULL, NULL);
                    INSERT INTO channels (number, name, epoch, head) VALUES
                        (1, 'team:t', 'e1', 3), (2, 'session:s', 'e2', 3), (3, 'spec:x', 'e3', 3),
                        (4, 'agent:x', 'e4', 3), (5, 'spec:nobodys', 'e5', 3), (6, NULL, 'e6', 3);
                    """)
        }
        let store = try files.open()
        try store.transaction { transaction in
            let found = try [
                .team("t"), .session("s"), .spec("x", of: "t"), .agent("x", of: "u"),
                .spec("x", of: "u"), .spec("nobodys", of: "t"),
                ChannelIdentity.spec("nobodys", of: "u"),
            ].map { try transaction.channel($0)?.number }
            #expect(found == [1, 2, 3, 4, nil, nil, nil])
            let spec = OwnerRow(kind: .spec, id: "x", teamID: "t", name: "X", status: nil)
            #expect(try transaction.owner(.spec, "x", of: "t") == spec)
            #expect(try transaction.owner(.agent, "x", of: "u")?.status == "idle")
            #expect(try transaction.owner(.spec, "x", of: "u") == nil)
            #expect(try transaction.owners(.spec, of: "u", limit: 9).map(\.id) == ["quiet"])
            // The name is free for the other team from here on.
            try transaction.put(
                OwnerRow(kind: .spec, id: "x", teamID: "u", name: nil, status: nil))
            #expect(try transaction.owner(.spec, "x", of: "t") == spec)
            try transaction.deleteOwner(.spec, "x", of: "u")
            #expect(try transaction.owner(.spec, "x", of: "t") == spec)
        }
        // What nobody owned is removed with what had ended before.
        try Maintenance(path: files.path).trim(
            .init(count: 9, bytes: 1 << 20, oldest: Timestamp(milliseconds: 0)),
            isStopping: { false }, report: { _ in })
        let left = try DatabaseQueue(path: files.path).read {
            try Int.fetchAll($0, sql: "SELECT number FROM channels ORDER BY number")
        }
        #expect(left == [1, 2, 3, 4])
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
