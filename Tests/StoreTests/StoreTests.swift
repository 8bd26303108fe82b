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
        let time = Timestamp(milliseconds: 5)
        do {
            let store = try Store(path: files.path, version: 4)
            try store.transaction { transaction in
                try transaction.insert(TeamRow(id: "t1", name: "One", createdAt: time))
                for (id, scopes) in before {
                    try transaction.insert(
                        KeyRow(
                            id: id, teamID: "t1", name: "k", digest: "", scopes: scopes,
                            createdAt: time, expiresAt: nil))
                }
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
                ).map(\.offset)
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
