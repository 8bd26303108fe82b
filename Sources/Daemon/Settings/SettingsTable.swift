/// The one place that names every setting.
///
/// The README's table is tested against it.
public enum SettingsTable {
    /// In the order in which they are documented and printed.
    public static let all: [Setting] =
        webSocket + fastCGI + hub + hubLimits + agent + http + logging

    /// The row of a key such as `webSocket.heartbeatIntervalMs`.
    public static func setting(for key: String) -> Setting? {
        all.first { $0.key == key }
    }
}

// One initialiser per kind, so that a row reads as a row.
extension Setting {
    static func integer(
        _ key: String, _ environmentName: String, _ path: Path<Int>,
        _ range: ClosedRange<Int>, unit: Unit = .none, _ takesEffect: TakesEffect, _ reason: String
    ) -> Setting {
        Setting(
            key: key, environmentName: environmentName, unit: unit, takesEffect: takesEffect,
            reason: reason, kind: .integer(path, range))
    }

    static func milliseconds(
        _ key: String, _ environmentName: String,
        _ path: Path<Duration>,
        _ range: ClosedRange<Int>, _ takesEffect: TakesEffect, _ reason: String
    ) -> Setting {
        Setting(
            key: key, environmentName: environmentName, unit: .milliseconds,
            takesEffect: takesEffect, reason: reason, kind: .milliseconds(path, range))
    }

    static func other(
        _ key: String, _ environmentName: String, _ kind: Kind, unit: Unit = .none,
        _ takesEffect: TakesEffect, _ reason: String
    ) -> Setting {
        Setting(
            key: key, environmentName: environmentName, unit: unit, takesEffect: takesEffect,
            reason: reason, kind: kind)
    }
}
