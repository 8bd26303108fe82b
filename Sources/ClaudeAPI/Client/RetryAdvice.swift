import HTTPClient

/// What an answer's headers say about trying again.
public struct RetryAdvice: Sendable, Equatable {
    /// `x-should-retry`, which wins over the status.
    public let shouldRetry: Bool?
    /// `retry-after-ms`, else `retry-after` in seconds or as a date.
    public let after: Duration?

    public init(shouldRetry: Bool? = nil, after: Duration? = nil) {
        self.shouldRetry = shouldRetry
        self.after = after
    }

    /// Names in lower case; what cannot be read is as if it were not there.
    ///
    /// A date counts from the answer's own `date`, so that no clock is read and none must be right.
    public init(headers: [(name: String, value: String)]) {
        func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        shouldRetry =
            switch value("x-should-retry")?.lowercased() {
            case "true": true
            case "false": false
            default: nil
            }
        after =
            Self.duration(value("retry-after-ms"), unitsPerSecond: 1_000)
            ?? Self.duration(value("retry-after"), unitsPerSecond: 1)
            ?? Self.difference(from: value("date"), to: value("retry-after"))
    }

    private static func duration(_ text: String?, unitsPerSecond: Double) -> Duration? {
        guard let number = text.flatMap(Double.init), number.isFinite, number >= 0,
            number / unitsPerSecond < 1e9
        else { return nil }
        return .milliseconds(Int64((number * 1_000 / unitsPerSecond).rounded(.up)))
    }

    private static func difference(from start: String?, to end: String?) -> Duration? {
        guard let start = start.flatMap(HTTPDate.secondsSince1970),
            let end = end.flatMap(HTTPDate.secondsSince1970)
        else { return nil }
        let (seconds, isOver) = end.subtractingReportingOverflow(start)
        return isOver ? nil : .seconds(max(0, seconds))
    }
}
