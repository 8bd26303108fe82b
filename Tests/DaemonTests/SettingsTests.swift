import Daemon
import JSON
import Testing

@Suite struct SettingsTests {
    @Test func `nothing configured means the defaults`() throws {
        let settings = try Settings.parse([:], environment: [:])
        #expect(settings == Settings())
        #expect(settings.webSocket.heartbeatInterval == .seconds(15))
        #expect(settings.hub.permissionTimeout == .seconds(60))
    }

    @Test func `a missing directory means the defaults`() throws {
        let settings = try Settings.load(configDirectory: "/nonexistent/here", environment: [:])
        #expect(settings == Settings())
    }

    @Test func `the document is taken over and the environment overrides it`() throws {
        let document: JSONValue = [
            "webSocket": ["heartbeatIntervalMs": 1_000, "commandBurst": 7],
            "hub": ["permissionTimeoutMs": .null, "synchronousFull": true],
            "http": ["allowedOrigins": ["https://App.example.org:443", "http://[::1]:8080"]],
        ]
        let settings = try Settings.parse(
            document,
            environment: ["WS_HEARTBEAT_INTERVAL_MS": "2000", "SWITCHBOARD_LOG_FORMAT": "json"])
        #expect(settings.webSocket.heartbeatInterval == .seconds(2))
        #expect(settings.webSocket.commandBurst == 7)
        #expect(settings.hub.permissionTimeout == nil)
        #expect(settings.hub.synchronousFull)
        #expect(settings.http.allowedOrigins == ["https://app.example.org", "http://[::1]:8080"])
        #expect(settings.logging.format == .json)
    }

    @Test func `every problem is reported at once, each with its source and what is allowed`() {
        let document: JSONValue = [
            "webSocket": ["heartbeatIntervalMs": "often", "commandBurst": 0],
            "hub": 5,
        ]
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse(document, environment: ["WS_MAX_FRAME_BYTES": "16k"])
        }
        #expect(
            error?.problems == [
                .init(
                    key: "webSocket.heartbeatIntervalMs", value: #"\"often\""#,
                    expected: "100 to 300000 ms", source: .file),
                .init(
                    key: "webSocket.commandBurst", value: "0", expected: "1 to 100000",
                    source: .file),
                .init(
                    key: "hub", value: "5",
                    expected: "an object with the settings of this group", source: .file),
                .init(
                    key: "WS_MAX_FRAME_BYTES", value: #"\"16k\""#,
                    expected: "1024 to 1048576 bytes", source: .environment),
            ])
        #expect(error?.description.hasPrefix("4 settings are wrong") == true)
    }

    @Test func `an unknown key is a problem that suggests the nearest and hides its value`() {
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse(["hub": ["histroyCount": "sk-secret"]], environment: [:])
        }
        #expect(
            error?.problems.first?.expected == "no such setting; did you mean hub.historyCount?")
        #expect(error?.description.contains("sk-secret") == false)
    }

    @Test func `the heartbeat's time-out must be larger than its interval`() {
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse([:], environment: ["WS_HEARTBEAT_TIMEOUT_MS": "15000"])
        }
        #expect(error?.problems.first?.key == "webSocket.heartbeatTimeoutMs")
    }

    @Test(arguments: [
        "null", "*", "app.example.org", "https://", "https://a/b", "https://u@a", "https://a:0",
        "https://a:65536", "https://a:+1", "ftp://a", "https://[::1", "https://a b",
    ])
    func `what no browser sends as an origin is refused`(origin: String) {
        #expect(throws: SettingsError.self) {
            try Settings.parse(["http": ["allowedOrigins": [.string(origin)]]], environment: [:])
        }
    }

    @Test func `an integer that is no integer is refused`() {
        for value: JSONValue in [1.5, true, "7", .null, .integer(.max)] {
            #expect(throws: SettingsError.self) {
                try Settings.parse(["webSocket": ["commandBurst": value]], environment: [:])
            }
        }
    }

    @Test func `the table has unique names, valid defaults and a sentence for each reason`() {
        let all = SettingsTable.all
        #expect(Set(all.map(\.key)).count == all.count)
        #expect(Set(all.map(\.environmentName)).count == all.count)
        for setting in all {
            #expect(setting.reason.hasSuffix("."), "\(setting.key)")
            #expect(!setting.allowed.isEmpty)
        }
        #expect(throws: Never.self) { try Settings.parse(Settings().effective, environment: [:]) }
    }

    @Test func `the effective settings read back as the same settings`() throws {
        var settings = Settings()
        settings.hub.permissionTimeout = nil
        settings.http.allowedOrigins = ["https://a.example"]
        settings.webSocket.commandBurst = 3
        settings.logging.level = .debug
        #expect(try Settings.parse(settings.effective, environment: [:]) == settings)
    }

    @Test func `a document that is no object is a problem, not a crash`() {
        #expect(throws: SettingsError.self) { try Settings.parse([1], environment: [:]) }
    }
}
