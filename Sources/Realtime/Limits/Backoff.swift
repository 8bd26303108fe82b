/// How long to wait before the next try: exponential with full jitter.
///
/// Each delay is drawn evenly from zero to a ceiling that doubles up to ``maximum``; drawing also
/// at the ceiling keeps clients that failed together from returning together.
public struct Backoff: Sendable, Equatable {
    /// The ceiling of the first delay.
    public let first: Duration
    /// No delay is longer.
    public let maximum: Duration

    private var failures = 0

    /// Both positive, `first` at most `maximum`.
    public init(first: Duration, maximum: Duration) {
        precondition(first > .zero && first <= maximum, "a back-off grows from first to maximum")
        self.first = first
        self.maximum = maximum
    }

    /// The highest possible next delay.
    public var ceiling: Duration {
        var ceiling = first
        for _ in 0..<min(failures, 62) where ceiling < maximum { ceiling *= 2 }
        return min(ceiling, maximum)
    }

    /// The next delay; counts one more failure.
    public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let delay = Duration.milliseconds(
            Int64.random(in: 0...max(1, ceiling.wholeMilliseconds), using: &random))
        failures += 1
        return delay
    }

    /// After a success: the next failure begins anew.
    public mutating func reset() { failures = 0 }
}
