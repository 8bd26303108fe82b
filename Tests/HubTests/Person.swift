import Hub
import JSON
import Protocol
import Realtime
import Testing

/// A person with an account in a hub, signing in over a worker.
struct Person {
    let fixture: Fixture
    let name: String
    let id: String

    init(_ fixture: Fixture, _ name: String = "ann", team: TeamID? = nil, role: Role = .admin)
        throws
    {
        self.fixture = fixture
        self.name = name
        id = try fixture.hub.call(
            fixture.cli, .createUser,
            [
                "teamId": .string((team ?? fixture.team).text), "name": .string(name),
                "password": "correct horse", "role": .string(role.rawValue),
            ]
        ).text("id")
    }

    @discardableResult
    func signIn(
        _ password: String = "correct horse", from address: String = "192.0.2.1",
        device: String? = nil, _ more: JSONObject = [:]
    ) throws -> JSONValue {
        var fields: JSONObject = [
            "user": .string(name), "password": .string(password), "address": .string(address),
        ]
        fields["deviceToken"] = device.map { .string($0) }
        for (key, value) in more { fields[key] = value }
        return try fixture.hub.call(fixture.fcgi, .login, fields)
    }

    func login(_ more: JSONObject = [:]) throws -> CredentialID {
        try #require(TokenForm.split(try signIn(more).text("token"))).id
    }

    private func signIn(_ more: JSONObject) throws -> JSONValue {
        try signIn("correct horse", more)
    }
}
