/// Admits a steady rate with bursts, as the generic cell rate algorithm: one moment is all its state.
public struct TokenBucket: Sendable, Equatable {
    private let interval: Duration
    private let tolerance: Duration
    /// When the bucket will be full again.
    private var fullAt: Duration = .zero

    /// `rate` per second on average and up to `burst` at once, both at least 1; it starts full.
    public init(rate: Int, burst: Int) {
        precondition(rate > 0 && burst > 0, "A bucket admits something.")
        interval = .seconds(1) / rate
        tolerance = interval * burst
    }

    /// Takes one token at this monotonic moment; false when there is none, and nothing is taken.
    public mutating func take(at now: Duration) -> Bool {
        let next = max(fullAt, now) + interval
        guard next - now <= tolerance else { return false }
        fullAt = next
        return true
    }

    /// How long until the next token; zero when there is one.
    public func wait(at now: Duration) -> Duration {
        max(.zero, max(fullAt, now) + interval - now - tolerance)
    }
}
