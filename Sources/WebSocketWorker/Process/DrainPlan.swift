import Realtime

/// How a worker takes leave of its clients: told when to come back, then closed in batches, so that
/// not all of them return at once.
package struct DrainPlan: Equatable {
    /// Between two batches.
    package static let interval: Duration = .milliseconds(100)
    /// A batch has at least this many: a small worker ends at once.
    static let smallestBatch = 100
    /// Leaves time for the last close frames to be answered within 10 s.
    static let longest: Duration = .milliseconds(7_000)

    /// How many connections each batch closes.
    package let batch: Int
    /// A client's delay before it reconnects is drawn from zero to this: a thousand come back in a
    /// second, and nobody waits longer than the drain.
    package let longestDelay: Duration

    /// - Parameter drain: the time from the signal to the last batch.
    package init(connections: Int, drain: Duration) {
        let time = min(drain, Self.longest)
        let batches = max(1, Int(time / Self.interval))
        batch = max(Self.smallestBatch, (connections + batches - 1) / batches)
        longestDelay = min(max(.milliseconds(connections), .seconds(1)), max(time, .seconds(1)))
    }

    /// The delay of one client.
    package func delayMilliseconds(using random: inout some RandomNumberGenerator) -> Int {
        Int(Int64.random(in: 0...max(1, longestDelay.wholeMilliseconds), using: &random))
    }
}
