/// Lets one line through a minute: what goes wrong with every request is told once, not ten thousand
/// times.
public struct LogPace: Sendable {
    private static let interval: Duration = .seconds(60)
    private var next = Duration.zero

    public init() {}

    /// - Parameter now: of a monotonic clock.
    public mutating func mayLog(at now: Duration) -> Bool {
        guard now >= next else { return false }
        next = now + Self.interval
        return true
    }
}
