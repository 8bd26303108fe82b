import Daemon
import Glibc
import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct ConfigTests {
    private func write(_ text: String, _ file: WatchedFile, _ hub: TestHub) throws {
        _ = unsafe mkdir("\(hub.directory)/config", 0o755)
        try SmallFile.replace(
            "\(hub.directory)/config/\(file.fileName)", with: Array(text.utf8), mode: 0o644)
    }

    /// What a worker heard after the hub looked at the files.
    private func look(_ fixture: Fixture) throws -> [Generations] {
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.apply([
            .task(HubTask("look") { [core = fixture.hub.core] _ in core.lookAtFiles() })
        ])
        return fixture.hub.take(fixture.ws).compactMap { message in
            if case .announcement(let generations, _) = message { generations } else { nil }
        }
    }

    @Test func `an edit is announced once and in effect, a look without one is not`() throws {
        let fixture = try Fixture()
        #expect(try look(fixture) == [])
        try write("{\"hub\": {\"maximumTeams\": 1}}", .config, fixture.hub)
        #expect(try look(fixture) == [Generations(config: 1, theme: 0)])
        #expect(try look(fixture) == [])
        #expect(fixture.hub.core.settings.hub.maximumTeams == 1)
        let error = #expect(throws: OperationError.self) {
            try Fixture.team(fixture.hub, fixture.cli, "Two")
        }
        #expect(error?.code == .limitReached)
        try write("{\"accent\": \"#123456\"}", .theme, fixture.hub)
        #expect(try look(fixture) == [Generations(config: 1, theme: 1)])
    }

    @Test func `a limit is counted under its setting's key`() throws {
        let fixture = try Fixture { $0.hub.maximumTeams = 1 }
        #expect(throws: OperationError.self) {
            try Fixture.team(fixture.hub, fixture.cli, "Two")
        }
        let counted = fixture.hub.core.metrics.registry.snapshot().samples
            .filter { $0.metric == .limitsReached }
        #expect(counted.map(\.label) == ["hub.maximumTeams"])
    }

    @Test(arguments: ["{", "[]", "{\"hub\": {\"maximumTeams\": 0}}", "{\"unknown\": {}}", ""])
    func `an invalid edit is neither announced nor in effect`(text: String) throws {
        let fixture = try Fixture()
        try write("{\"hub\": {\"maximumTeams\": 7}}", .config, fixture.hub)
        _ = try look(fixture)
        try write(text, .config, fixture.hub)
        #expect(try look(fixture) == [])
        #expect(fixture.hub.core.settings.hub.maximumTeams == 7)
        // Taken back: nothing has changed since what was announced.
        try write("{\"hub\": {\"maximumTeams\": 7}}", .config, fixture.hub)
        #expect(try look(fixture) == [])
    }

    @Test func `an edit while no hub ran is counted once at its start`() throws {
        let fixture = try Fixture()
        try write("{\"accent\": \"red\"}", .theme, fixture.hub)
        for _ in 1...2 {
            try fixture.hub.restart()
            let peer = try fixture.hub.connect(.webSocketWorker)
            guard case .welcome(let welcome) = fixture.hub.take(peer).first else {
                throw TestHubError.noAnswer
            }
            #expect(welcome.generations == Generations(config: 0, theme: 1))
        }
    }

    @Test func `a patch changes, adds and removes settings and keeps the others`() throws {
        let fixture = try Fixture()
        try write(
            "{\"hub\": {\"maximumTeams\": 7, \"historyCount\": 5}}", .config, fixture.hub)
        let answer = try fixture.hub.call(
            fixture.fcgi, .updateConfig,
            [
                "hub": ["maximumTeams": nil, "permissionTimeoutMs": nil],
                "logging": ["level": "debug"],
            ], as: fixture.key)
        #expect(answer["hub"]?["maximumTeams"] == 1_000 && answer["hub"]?["historyCount"] == 5)
        let settings = fixture.hub.core.settings
        #expect(settings.hub.permissionTimeout == nil && settings.hub.historyCount == 5)
        #expect(settings.logging.level == .debug)
    }

    @Test func `a patch with a bad value names its key and changes nothing`() throws {
        let fixture = try Fixture()
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.fcgi, .updateConfig, ["hub": ["maximumTeams": "many"]], as: fixture.key)
        }
        #expect(error?.code == .validationError)
        #expect(error?.details?.arrayValue?.first?["path"] == "hub.maximumTeams")
        #expect(try look(fixture) == [])
    }

    @Test(arguments: ["{", "[]", ""])
    func `while the theme on disk is broken, the last good one is read`(text: String) throws {
        let fixture = try Fixture()
        try fixture.hub.call(fixture.fcgi, .replaceTheme, ["accent": "red"], as: fixture.key)
        try write(text, .theme, fixture.hub)
        #expect(try look(fixture) == [])
        #expect(
            try fixture.hub.call(fixture.fcgi, .getTheme, as: fixture.key) == ["accent": "red"])
    }

    @Test func `what REST wrote is announced with its answer, and not again by the watcher`() throws
    {
        let fixture = try Fixture()
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(fixture.fcgi, .replaceTheme, ["accent": "red"], as: fixture.key)
        let heard = fixture.hub.take(fixture.ws)
        #expect(heard.count { if case .announcement = $0 { true } else { false } } == 1)
        #expect(try look(fixture) == [])
    }

    @Test func `a theme is replaced and read back`() throws {
        let fixture = try Fixture()
        #expect(try fixture.hub.call(fixture.fcgi, .getTheme, as: fixture.key) == [:])
        let theme: JSONObject = ["accent": "#ff8800", "name": "Warm"]
        try fixture.hub.call(fixture.fcgi, .replaceTheme, theme, as: fixture.key)
        #expect(
            try fixture.hub.call(fixture.fcgi, .getTheme, as: fixture.key) == .object(theme))
        let large: JSONObject = ["a": .string(String(repeating: "x", count: 70_000))]
        #expect(throws: OperationError.self) {
            try fixture.hub.call(fixture.fcgi, .replaceTheme, large, as: fixture.key)
        }
    }
}
