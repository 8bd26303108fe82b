import Crypto
import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

@Suite struct NameTests {
    private func create(
        _ fixture: Fixture, _ name: String, _ password: String = "correct horse",
        team: TeamID? = nil
    ) throws {
        try fixture.hub.call(
            fixture.cli, .createUser,
            [
                "teamId": .string((team ?? fixture.team).text), "name": .string(name),
                "password": .string(password),
            ])
    }

    @Test(arguments: [
        ("ada", "Ada"), ("ada", "ADA"), ("straße", "STRASSE"), ("José", "Jose\u{301}"),
        ("ada", "\u{FF41}da"), ("oleg", "0leg"),
        ("Ivan", "lvan"), ("рора", "popa"), ("Νίκος", "ΝΊΚΟΣ"), ("kate", "kate"),
    ])
    func `names that differ in case or look alike are one name`(
        first: String, second: String
    ) throws {
        let fixture = try Fixture()
        try create(fixture, first)
        let error = #expect(throws: OperationError.self) { try create(fixture, second) }
        #expect(error?.code == .conflict)
    }

    @Test(arguments: [
        "ad\u{200B}a", "\u{202E}ada", "ada\u{3164}", "\u{430}da", "α-beta", "ada ", "a  b",
        "ada\u{7F}",
        "\u{1F600}", "a/b", "\u{E000}",
    ])
    func `a name with what nobody sees, or of mixed alphabets, is refused`(name: String) throws {
        let fixture = try Fixture()
        let error = #expect(throws: OperationError.self) { try create(fixture, name) }
        #expect(error?.code == .validationError)
    }

    @Test(arguments: ["ada@example.org", "Ада Лавлейс", "山田太郎", "O'Neil-Smith", "מרים", "γιάννης"])
    func `people's names are taken`(name: String) throws {
        try create(try Fixture(), name)
    }

    @Test func `one signs in by a name in any case and form`() throws {
        let fixture = try Fixture()
        try create(fixture, "José")
        for name in ["josé", "JOSE\u{301}", "Jos\u{E9}"] {
            try fixture.hub.call(
                fixture.fcgi, .login, ["user": .string(name), "password": "correct horse"])
        }
    }

    @Test func `a password is the same in every form of its characters`() throws {
        let fixture = try Fixture()
        try create(fixture, "ann", "pa\u{308}sswo\u{308}rt")
        for password in ["p\u{E4}ssw\u{F6}rt", "pa\u{308}sswo\u{308}rt", "p\u{E4}sswo\u{308}rt"] {
            try fixture.hub.call(
                fixture.fcgi, .login, ["user": "ann", "password": .string(password)])
        }
        let error = #expect(throws: OperationError.self) {
            try create(fixture, "bob", "a\u{301}a\u{301}a\u{301}a\u{301}")
        }
        #expect(error?.code == .validationError, "Eight code points are four characters.")
    }

    @Test func `another team's name can be taken, and each signs in to the own account`() throws {
        let fixture = try Fixture()
        let other = try Fixture.team(fixture.hub, fixture.cli, "Two")
        try create(fixture, "ann", "correct horse")
        try create(fixture, "Ann", "battery staple", team: other)
        func team(_ password: String, _ more: JSONObject = [:]) throws -> String? {
            var fields: JSONObject = ["user": "ann", "password": .string(password)]
            for (key, value) in more { fields[key] = value }
            return try fixture.hub.call(fixture.fcgi, .login, fields)["me"]?["teamId"]?.stringValue
        }
        #expect(try team("correct horse") == fixture.team.text)
        #expect(try team("battery staple") == other.text)
        #expect(throws: OperationError.self) {
            try team("battery staple", ["team": .string(fixture.team.text)])
        }
    }

    @Test func `accounts from before keep their passwords, and two that are one name both sign in`()
        throws
    {
        let raw = "pa\u{308}sswo\u{308}rt"
        let hub = try TestHub(fill: { transaction in
            try transaction.insert(
                TeamRow(id: "t1", name: "One", createdAt: Timestamp(milliseconds: 5)))
            for (id, name, password) in [("u1", "Ann", raw), ("u2", "ann", "correct horse")] {
                try transaction.insert(
                    UserRow(
                        id: try UserID(parsing: id), teamID: "t1", name: name, role: .member,
                        password: try PasswordHash(hashing: password).stored,
                        createdAt: Timestamp(milliseconds: 5)))
            }
        })
        let fcgi = try hub.connect(.fastCGIWorker)
        func user(_ name: String, _ password: String) throws -> String? {
            try hub.call(fcgi, .login, ["user": .string(name), "password": .string(password)])[
                "me"]?[
                    "userId"]?.stringValue
        }
        #expect(try user("Ann", raw) == "u1")
        #expect(try user("ANN", "p\u{E4}ssw\u{F6}rt") == "u1", "Hashed anew in the composed form.")
        #expect(try user("ann", "correct horse") == "u2")
        #expect(try user("ann", "correct horse") == "u2")
        try hub.restart()
        let again = try hub.connect(.fastCGIWorker)
        _ = try hub.call(again, .login, ["user": "ann", "password": "correct horse"])
    }
}
