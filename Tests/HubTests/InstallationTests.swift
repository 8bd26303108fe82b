import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct InstallationTests {
    @Test func `a team's admin does not change what belongs to all teams`() throws {
        let fixture = try Fixture()
        let other = try Fixture.team(fixture.hub, fixture.cli, "Two")
        let key = try Fixture.key(fixture.hub, fixture.cli, other)
        for operation in [Operation.updateConfig, .replaceTheme] {
            let error = #expect(throws: OperationError.self) {
                try fixture.hub.call(fixture.fcgi, operation, [:], as: key)
            }
            #expect(error?.code == .forbidden)
            try fixture.hub.call(fixture.fcgi, operation, [:], as: fixture.key)
        }
    }

    @Test func `an admin of the installation is made and unmade on the server alone`() throws {
        let fixture = try Fixture()
        let ann = try Person(fixture)
        let login = try ann.login()
        let theme = { try fixture.hub.call(fixture.fcgi, .replaceTheme, [:], as: login) }
        #expect(throws: OperationError.self) { try theme() }
        let parameters: JSONObject = ["id": .string(ann.id), "installation": true]
        // Not a word that comes in at the workers' door.
        let other = try fixture.hub.connect(.fastCGIWorker, "fcgi-2")
        #expect(throws: TestHubError.self) {
            try fixture.hub.call(other, .setInstallationAdmin, parameters, as: fixture.key)
        }
        try fixture.hub.call(fixture.cli, .setInstallationAdmin, parameters)
        _ = try theme()
        try fixture.hub.call(
            fixture.cli, .setInstallationAdmin, ["id": .string(ann.id), "installation": false])
        #expect(throws: OperationError.self) { try theme() }
        let bob = try Person(fixture, "bob", role: .member)
        #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.cli, .setInstallationAdmin, ["id": .string(bob.id), "installation": true])
        }
    }

    @Test func `over REST nobody makes one of themselves`() throws {
        let fixture = try Fixture()
        let key = try fixture.hub.call(
            fixture.fcgi, .createKey, ["scopes": ["admin"], "installation": true], as: fixture.key)
        #expect(key["installationAdmin"] == false)
        let user = try fixture.hub.call(
            fixture.fcgi, .createUser,
            ["name": "eve", "password": "correct horse", "role": "admin", "installation": true],
            as: fixture.key)
        #expect(user["installationAdmin"] == false)
    }
}
