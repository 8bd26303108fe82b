/// Everything that is wrong with the settings, at once.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the order of the table; never empty.
    public let problems: [Problem]

    public init(problems: [Problem]) {
        precondition(!problems.isEmpty, "a settings error names at least one problem")
        self.problems = problems
    }

    /// One setting that cannot be used.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The key in `config.json`, or the name of the environment variable.
        public let key: String
        /// What was found, shortened; nil where it is not to be shown, as of an unknown key, which
        /// may be a secret put into the wrong place.
        public let value: String?
        /// What is allowed there, or what else is wrong, in words.
        public let expected: String
        public let source: Source

        public init(key: String, value: String?, expected: String, source: Source) {
            self.key = key
            self.value = value
            self.expected = expected
            self.source = source
        }

        public var description: String {
            let found = value.map { " = \($0)" } ?? ""
            return "\(key)\(found) (\(source.rawValue)): \(expected)"
        }
    }

    public enum Source: String, Sendable, Equatable {
        case file = "config.json"
        case environment
    }

    /// One problem a line, then what to do.
    public var description: String {
        let count =
            problems.count == 1 ? "1 setting is wrong" : "\(problems.count) settings are wrong"
        let lines = problems.map { "  \($0)" }.joined(separator: "\n")
        return """
            \(count), so none is taken over:
            \(lines)
            Correct them and try again; `switchboard config` prints every setting with its range.
            """
    }
}
