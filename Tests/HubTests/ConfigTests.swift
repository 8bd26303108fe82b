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

    @Test func `what is written through a link leaves the link and the file's mode`() throws {
        let fixture = try Fixture()
        let (folder, far) = ("\(fixture.hub.directory)/config", "\(fixture.hub.directory)/far")
        for directory in [folder, far] { _ = unsafe mkdir(directory, 0o755) }
        try SmallFile.replace("\(far)/t.json", with: Array("{}".utf8), mode: 0o640)
        _ = unsafe symlink("hop.json", "\(folder)/theme.json")
        _ = unsafe symlink("../far/t.json", "\(folder)/hop.json")
        try fixture.hub.call(fixture.fcgi, .replaceTheme, ["accent": "red"], as: fixture.key)
        let written = try SmallFile.read("\(far)/t.json", maximumBytes: 100)
        #expect(written.map { String(decoding: $0, as: UTF8.self) }?.contains("red") == true)
        var status = stat()
        for name in ["theme.json", "hop.json"] {
            #expect(unsafe lstat("\(folder)/\(name)", &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFLNK)
        }
        #expect(unsafe lstat("\(far)/t.json", &status) == 0 && status.st_mode & 0o777 == 0o640)
    }

    @Test(arguments: ["theme.json", "../nowhere/t.json", "../folder"])
    func `a link that leads nowhere is refused with a sentence`(target: String) throws {
        let fixture = try Fixture()
        let folder = "\(fixture.hub.directory)/config"
        for directory in [folder, "\(fixture.hub.directory)/folder"] {
            _ = unsafe mkdir(directory, 0o755)
        }
        _ = unsafe symlink(target, "\(folder)/theme.json")
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(fixture.fcgi, .replaceTheme, ["accent": "red"], as: fixture.key)
        }
        #expect(error?.code == .conflict && error?.message.contains("cannot be replaced") == true)
        var status = stat()
        #expect(unsafe lstat("\(folder)/theme.json", &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
    }
}
