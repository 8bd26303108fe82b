import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct OwnLoginsTests {
    @Test func `a person sees the own logins and ends one or all`() throws {
        let fixture = try Fixture()
        let (ann, bob) = (try Person(fixture), try Person(fixture, "bob"))
        let logins = try ["Firefox on Linux", "Safari on iPhone", "curl/8"].map {
            try ann.login(["device": .string($0)])
        }
        let foreign = try bob.login()
        let items = try fixture.hub.call(fixture.fcgi, .listLogins, as: logins[0])["items"]?
            .arrayValue
        #expect(items?.count == 3)
        let own = items?.first { $0["current"] == true }
        #expect(own?["id"]?.stringValue == logins[0].text && own?["device"] == "Firefox on Linux")
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.fcgi, .endLogin, ["id": .string(foreign.text)], as: logins[0])
        }
        #expect(error?.code == .notFound)
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(
            fixture.fcgi, .endLogin, ["id": .string(logins[1].text)], as: logins[0])
        #expect(ended(fixture) == [logins[1]])
        try fixture.hub.call(fixture.fcgi, .endLogins, ["keep": "current"], as: logins[0])
        #expect(ended(fixture) == [logins[2]])
        try fixture.hub.call(fixture.fcgi, .endLogins, as: logins[0])
        #expect(ended(fixture) == [logins[0]])
        #expect(try fixture.subscribe(as: foreign).refusal == nil)
    }

    @Test func `a key has no logins and no password`() throws {
        let fixture = try Fixture()
        for operation in [Operation.listLogins, .endLogins, .changePassword] {
            let error = #expect(throws: OperationError.self) {
                try fixture.hub.call(
                    fixture.fcgi, operation, ["current": "x", "password": "long enough"],
                    as: fixture.key)
            }
            #expect(error?.code == .forbidden)
        }
    }

    @Test func `a changed password ends every other login and forgets other devices`() throws {
        let fixture = try Fixture { $0.hub.loginFailuresPerAccount = 1 }
        let ann = try Person(fixture)
        let stolen = try ann.signIn().text("deviceToken")
        let (own, other) = (try ann.login(), try ann.login())
        let change = { (current: String) in
            try fixture.hub.call(
                fixture.fcgi, .changePassword,
                ["current": .string(current), "password": "battery staple"], as: own)
        }
        let error = #expect(throws: OperationError.self) { try change("wrong horse") }
        #expect(error?.code == .forbidden)
        _ = fixture.hub.take(fixture.ws)
        _ = try change("correct horse")
        let gone = ended(fixture)
        #expect(gone.contains(other) && !gone.contains(own))
        #expect(throws: OperationError.self) { try ann.signIn() }
        try ann.signIn("battery staple")
        for _ in 1...2 { _ = try? ann.signIn("wrong") }
        let locked = #expect(throws: OperationError.self) {
            try ann.signIn("battery staple", device: stolen)
        }
        #expect(locked?.code == .rateLimited)
    }

    @Test func `the command line sets a password and ends the logins`() throws {
        let fixture = try Fixture()
        let ann = try Person(fixture)
        let login = try ann.login()
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(
            fixture.cli, .setPassword, ["id": .string(ann.id), "password": "battery staple"])
        #expect(ended(fixture) == [login])
        try ann.signIn("battery staple")
    }

    private func ended(_ fixture: Fixture) -> [CredentialID] {
        fixture.hub.take(fixture.ws).flatMap { message -> [CredentialID] in
            guard case .credentials(let update) = message else { return [] }
            #expect(update.removed.allSatisfy { $0.closeCode == .credentialEnded })
            return update.removed.map(\.id)
        }
    }
}
