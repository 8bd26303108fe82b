import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct LoginTests {
    private func withUser(
        _ fixture: Fixture, _ name: String = "ann"
    ) throws -> (id: JSONValue, signIn: (String) throws -> JSONValue) {
        let user = try fixture.hub.call(
            fixture.cli, .createUser,
            [
                "teamId": .string(fixture.team.text), "name": .string(name),
                "password": "correct horse", "role": "admin",
            ])
        return (
            user["id"] ?? nil,
            { password in
                try fixture.hub.call(
                    fixture.fcgi, .login,
                    [
                        "user": .string(name), "password": .string(password),
                        "address": "192.0.2.1",
                    ])
            }
        )
    }

    @Test func `the right password makes a login that works and can be ended`() throws {
        let fixture = try Fixture()
        let (id, signIn) = try withUser(fixture)
        let answer = try signIn("correct horse")
        let token = TokenForm.split(try answer.text("token"))
        #expect(token?.form == .login)
        #expect(answer["me"]?["type"] == "session_user" && answer["me"]?["userId"] == id)
        #expect(answer["me"]?["teamId"]?.stringValue == fixture.team.text)
        let login = try #require(token).id
        let me = try fixture.hub.call(fixture.fcgi, .whoAmI, as: login)
        #expect(me == answer["me"])
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(fixture.fcgi, .logout, as: login)
        let removal = CredentialUpdate.Removal(id: login, closeCode: .credentialEnded)
        #expect(
            fixture.hub.take(fixture.ws) == [.credentials(CredentialUpdate(removed: [removal]))])
    }

    @Test func `a wrong password and an unknown person get the same answer`() throws {
        let fixture = try Fixture()
        let (_, signIn) = try withUser(fixture)
        let wrong = #expect(throws: OperationError.self) { try signIn("wrong horse") }
        let unknown = #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.fcgi, .login, ["user": "bob", "password": "wrong horse"])
        }
        #expect(wrong == unknown && wrong?.code == .invalidLogin)
    }

    @Test func `guessing is slowed down with a time to come back`() throws {
        let fixture = try Fixture { $0.hub.loginFailuresPerAccount = 1 }
        let (_, signIn) = try withUser(fixture)
        for _ in 1...2 { #expect(throws: OperationError.self) { try signIn("wrong horse") } }
        let error = #expect(throws: OperationError.self) { try signIn("correct horse") }
        #expect(error?.code == .rateLimited)
        let wait = try #require(error?.retryAfterSeconds)
        try fixture.hub.wait(.seconds(wait))
        _ = try signIn("correct horse")
    }

    @Test func `the oldest login ends when there is one too many`() throws {
        let fixture = try Fixture { $0.hub.maximumLoginsPerUser = 1 }
        let (_, signIn) = try withUser(fixture)
        let first = try #require(TokenForm.split(try signIn("correct horse").text("token"))).id
        let second = try #require(TokenForm.split(try signIn("correct horse").text("token"))).id
        #expect(try fixture.subscribe(as: first).refusal?.code == .channelForbidden)
        #expect(try fixture.subscribe(as: second).refusal == nil)
    }

    @Test func `a deleted person's connections are closed with 4103`() throws {
        let fixture = try Fixture()
        let (id, signIn) = try withUser(fixture)
        let login = try #require(TokenForm.split(try signIn("correct horse").text("token"))).id
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(fixture.cli, .deleteUser, ["id": id])
        let removal = CredentialUpdate.Removal(id: login, closeCode: .permissionWithdrawn)
        #expect(
            fixture.hub.take(fixture.ws) == [.credentials(CredentialUpdate(removed: [removal]))])
    }

    @Test func `a name is taken once`() throws {
        let fixture = try Fixture()
        _ = try withUser(fixture)
        let error = #expect(throws: OperationError.self) { try withUser(fixture) }
        #expect(error?.code == .conflict)
    }
}
