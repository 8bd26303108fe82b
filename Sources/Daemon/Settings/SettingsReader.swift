import JSON
import Realtime

/// Reads values into `Settings` row by row and collects what is wrong, so that all is said at once.
struct SettingsReader {
    private(set) var settings = Settings()
    private(set) var problems: [SettingsError.Problem] = []

    mutating func read(_ document: JSONValue) {
        guard let groups = document.objectValue else {
            report("config.json", document, "a JSON object of groups such as webSocket and hub")
            return
        }
        for (group, value) in groups {
            guard Self.groups.contains(group) else {
                reportUnknown(group, among: Self.groups)
                continue
            }
            guard let members = value.objectValue else {
                report(group, value, "an object with the settings of this group")
                continue
            }
            for (name, value) in members {
                read(value, for: "\(group).\(name)")
            }
        }
    }

    /// Overrides whatever the document said.
    ///
    /// The table's names only: an environment is full of other programs' variables.
    mutating func read(environment: [String: String]) {
        for setting in SettingsTable.all {
            guard let text = environment[setting.environmentName] else { continue }
            guard let value = setting.value(fromText: text), setting.assign(value, to: &settings)
            else {
                problems.append(
                    .init(
                        key: setting.environmentName, value: Self.shown(.string(text)),
                        expected: setting.allowed, source: .environment))
                continue
            }
        }
    }

    /// What holds between settings, once each is right by itself.
    mutating func checkRelations() {
        let webSocket = settings.webSocket
        if webSocket.heartbeatTimeout <= webSocket.heartbeatInterval {
            let interval = webSocket.heartbeatInterval.wholeMilliseconds
            report(
                "webSocket.heartbeatTimeoutMs",
                .integer(webSocket.heartbeatTimeout.wholeMilliseconds),
                "must be larger than webSocket.heartbeatIntervalMs, which is \(interval)")
        }
    }

    private mutating func read(_ value: JSONValue, for key: String) {
        guard let setting = SettingsTable.setting(for: key) else {
            reportUnknown(key, among: SettingsTable.all.map(\.key))
            return
        }
        if !setting.assign(value, to: &settings) { report(key, value, setting.allowed) }
    }

    private mutating func report(_ key: String, _ value: JSONValue, _ expected: String) {
        problems.append(
            .init(key: key, value: Self.shown(value), expected: expected, source: .file))
    }

    private mutating func reportUnknown(_ key: String, among known: [String]) {
        let advice =
            Spelling.nearest(to: key, among: known).map { "did you mean \($0)?" }
            ?? "remove it, or see `switchboard config` for the known ones"
        problems.append(
            .init(
                key: LogText.escaped(key, maximumBytes: 128), value: nil,
                expected: "no such setting; \(advice)", source: .file))
    }

    private static let groups = ["webSocket", "fastCGI", "hub", "agent", "http", "logging"]

    private static func shown(_ value: JSONValue) -> String {
        LogText.escaped(String(decoding: value.encoded(), as: UTF8.self), maximumBytes: 80)
    }
}
