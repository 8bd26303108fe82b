/// One row of the table of settings: its names, where it lands, and why it is what it is.
public struct Setting: Sendable {
    /// The path in `config.json`, as `group.name`.
    public let key: String
    /// The environment variable that overrides it.
    public let environmentName: String
    public let unit: Unit
    public let takesEffect: TakesEffect
    /// One sentence: what the limit protects, or why the default is what it is.
    public let reason: String
    let kind: Kind

    public enum Unit: String, Sendable {
        case none = ""
        case milliseconds = "ms"
        case bytes
        case perSecond = "per second"
    }

    /// When an edit of `config.json` is taken over.
    public enum TakesEffect: String, Sendable {
        /// Within a second of the edit; environment variables never change at run time.
        case live
        /// When the process that uses it starts next.
        case restart
    }

    /// Where a value is kept.
    typealias Path<Value> = any (WritableKeyPath<Settings, Value> & Sendable)

    /// The type of the value, its range, and the property it is kept in.
    enum Kind: Sendable {
        case integer(Path<Int>, ClosedRange<Int>)
        case milliseconds(Path<Duration>, ClosedRange<Int>)
        /// `null` stands for no limit in time.
        case optionalMilliseconds(Path<Duration?>, ClosedRange<Int>)
        case boolean(Path<Bool>)
        case level
        case format
        /// Printable ASCII without blanks.
        case name(Path<String>, maximumBytes: Int)
        case origins(Path<[String]>, maximumCount: Int)
    }

    /// What is allowed, in words: the range, the choices or the form.
    public var allowed: String {
        let suffix = unit == .none ? "" : " \(unit.rawValue)"
        return switch kind {
        case .integer(_, let range), .milliseconds(_, let range):
            "\(range.lowerBound) to \(range.upperBound)\(suffix)"
        case .optionalMilliseconds(_, let range):
            "\(range.lowerBound) to \(range.upperBound)\(suffix), or null to wait for ever"
        case .boolean: "true or false"
        case .level: Self.choices(of: LoggingSettings.Level.self)
        case .format: Self.choices(of: LoggingSettings.Format.self)
        case .name(_, let maximumBytes):
            "1 to \(maximumBytes) printable characters without blanks"
        case .origins(_, let maximumCount):
            "up to \(maximumCount) origins like https://app.example.org, without a path"
        }
    }

    private static func choices<Choice: CaseIterable & RawRepresentable>(
        of: Choice.Type
    ) -> String where Choice.RawValue == String {
        Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
