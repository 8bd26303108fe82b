import Glibc
import Protocol
import Realtime
import Store
import Testing

@Suite struct StoreTests {
    let files: TemporaryStore

    init() throws { files = try TemporaryStore() }

    @Test func `what was committed is there after opening again`() throws {
        let team = TeamRow(id: "t1", name: "One", createdAt: Timestamp(milliseconds: 5))
        do {
            let store = try files.open()
            try store.transaction { try $0.insert(team) }
        }
        let store = try files.open()
        #expect(try store.transaction { try $0.team("t1") } == team)
    }

    @Test func `keys that may do more than publish go on reading, others do not`() throws {
        let before: [CredentialID: Set<Scope>] = [
            "p": [.publish], "w": [.publish, .sessionsWrite], "r": [.sessionsRead], "a": [.admin],
            "all": [.publish, .sessionsRead, .sessionsRun],
        ]
        do {
            let store = try Store(path: files.path, version: 4)
            try store.execute("INSERT INTO teams VALUES ('t1', 'One', 5)")
            for (id, scopes) in before {
                let words = scopes.map(\.rawValue).sorted().joined(separator: " ")
                try store.execute(
                    "INSERT INTO keys VALUES ('\(id)', 't1', 'k', '', '\(words)', 5, NULL, NULL)")
            }
        }
        let store = try files.open()
        for (id, scopes) in before {
            let after = try store.transaction { try $0.key(id) }?.scopes
            let reading: Set<Scope> = id == "p" ? [] : [.channelsRead, .sessionsRead]
            #expect(after == scopes.union(reading), "\(id)")
        }
    }

    @Test func `a transaction that throws leaves nothing`() throws {
        struct Refusal: Error {}
        let store = try files.open()
        #expect(throws: Refusal.self) {
            try store.transaction { transaction in
                try transaction.insert(
                    TeamRow(id: "t1", name: "One", createdAt: Timestamp(milliseconds: 5)))
                throw Refusal()
            }
        }
        #expect(try store.transaction { try $0.teamCount() } == 0)
    }

    @Test func `a broken rule of the schema rolls back its savepoint and nothing else`() throws {
        let store = try files.open()
        let user = UserRow(
            id: "u1", teamID: "nobody", name: "ann", role: .admin, password: "x",
            createdAt: Timestamp(milliseconds: 5))
        try store.transaction { transaction in
            try transaction.insert(
                TeamRow(id: "t1", name: "One", createdAt: Timestamp(milliseconds: 5)))
            let error = #expect(throws: StoreError.self) {
                try transaction.savepoint {
                    try transaction.insert(
                        TeamRow(id: "t2", name: "Two", createdAt: Timestamp(milliseconds: 5)))
                    try transaction.insert(user)
                }
            }
            #expect(error?.isLocal == true)
        }
        let teams = try store.transaction { try $0.teams(limit: 10) }
        #expect(teams.map(\.id) == ["t1"])
    }

    @Test func `a second hub on the same database is refused`() throws {
        let first = try files.open()
        let error = #expect(throws: StoreError.self) { try files.open() }
        #expect(error == .inUse(path: files.path))
        withExtendedLifetime(first) {}
    }

    @Test func `a directory that is not there is named with the system's reason`() {
        let error = #expect(throws: StoreError.self) { try Store(path: "/nonexistent/a/b.db") }
        #expect("\(error, default: "")".contains("/nonexistent/a/b.db"))
        #expect("\(error, default: "")".contains("No such file or directory"))
    }

    @Test func `an older database keeps its logins, and its oldest team's admins get all of it`()
        throws
    {
        do {
            let old = try Store(path: files.path, version: 4)
            try old.execute(
                """
                INSERT INTO teams VALUES ('t2', 'Two', 7), ('t1', 'One', 5);
                INSERT INTO users VALUES ('u1', 't1', 'Ann', 'admin', 'x', 6),
                    ('u2', 't1', 'ann', 'member', 'x', 6), ('u3', 't2', 'bob', 'admin', 'x', 8);
                INSERT INTO logins VALUES ('l1', 'u1', 'd', 6, 9, NULL);
                INSERT INTO keys VALUES ('k1', 't1', 'k', 'd', 'admin publish', 6, NULL, NULL),
                    ('k2', 't1', 'k', 'd', 'publish', 6, NULL, NULL),
                    ('k3', 't2', 'k', 'd', 'admin', 6, NULL, NULL);
                """)
        }
        let store = try files.open()
        try store.transaction { transaction in
            #expect(try transaction.allLoginCredentials().map(\.isInstallationAdmin) == [true])
            #expect(try transaction.allKeys().filter(\.isInstallationAdmin).map(\.id) == ["k1"])
            #expect(
                try transaction.users(of: nil, limit: 9).filter(\.isInstallationAdmin).map(\.id)
                    == ["u1"])
            #expect(try transaction.usersWithoutFolding().map(\.name) == ["Ann", "ann", "bob"])
            try transaction.deleteUser("u1")
            #expect(try transaction.allLoginCredentials().isEmpty, "The reference still holds.")
        }
        #expect(throws: StoreError.self) {
            try store.transaction { transaction in
                try transaction.insert(
                    LoginRow(
                        id: "l2", userID: "nobody", digest: "d",
                        createdAt: Timestamp(milliseconds: 5), expiresAt: Timestamp(milliseconds: 9)
                    ))
            }
        }
    }

    @Test func `deleting a person ends all logins`() throws {
        let store = try files.open()
        try store.transaction { transaction in
            try transaction.insert(
                TeamRow(id: "t1", name: "One", createdAt: Timestamp(milliseconds: 5)))
            try transaction.insert(
                UserRow(
                    id: "u1", teamID: "t1", name: "ann", role: .admin, password: "x",
                    createdAt: Timestamp(milliseconds: 5)))
            try transaction.insert(
                LoginRow(
                    id: "l1", userID: "u1", digest: "d", createdAt: Timestamp(milliseconds: 5),
                    expiresAt: Timestamp(milliseconds: 9)))
            #expect(try transaction.allLoginCredentials().map(\.id) == ["l1"])
            try transaction.deleteUser("u1")
            #expect(try transaction.allLoginCredentials().isEmpty)
        }
    }

    @Test func `a page of history ends at its limits but holds at least one publication`() throws {
        let store = try files.open()
        try store.transaction { transaction in
            let channel = try transaction.publish(10, on: .team("t1"))
            func offsets(after offset: Offset, bytes: Int, count: Int) throws -> [Offset] {
                try transaction.publications(
                    in: channel.number, after: offset, maximumBytes: bytes, maximumCount: count
                ).rows.map(\.offset)
            }
            #expect(try offsets(after: 4, bytes: 350, count: 100) == [5, 6, 7])
            #expect(try offsets(after: 4, bytes: 1, count: 100) == [5])
            #expect(try offsets(after: 4, bytes: 10_000, count: 2) == [5, 6])
            #expect(try offsets(after: 10, bytes: 10_000, count: 2) == [])
        }
    }

    @Test func `a new epoch finds nothing of the old one`() throws {
        let store = try files.open()
        try store.transaction { transaction in
            let old = try transaction.publish(3, on: .team("t1"))
            #expect(try transaction.offset(of: "event 2", in: old.number) == 2)
            try transaction.retireChannel(.team("t1"))
            #expect(try transaction.channel(.team("t1")) == nil)
            let new = try transaction.insertChannel(.team("t1"), epoch: "e2")
            #expect(new.head == 0 && new.number != old.number)
            #expect(try transaction.offset(of: "event 2", in: new.number) == nil)
        }
    }
}
