/// Which limits clients met, for the log: the first is said at once, what follows once a minute with
/// its number, so that a storm is a few lines.
package struct LimitReports {
    static let interval: Duration = .seconds(60)

    /// Since when a limit is counted, and how often it was met without a line.
    private var counts: [String: (since: Duration, count: Int)] = [:]

    package init() {}

    /// A client met a limit.
    ///
    /// - Returns: whether that is to be said now.
    package mutating func note(_ limit: String, at now: Duration) -> Bool {
        guard counts[limit]?.count == nil else {
            counts[limit]?.count += 1
            return false
        }
        counts[limit] = (now, 0)
        return true
    }

    /// What is to be said of the minutes that are over; a quiet one is forgotten.
    package mutating func take(at now: Duration) -> [(limit: String, count: Int)] {
        let over = counts.filter { now - $0.value.since >= Self.interval }
        for (limit, counted) in over { counts[limit] = counted.count > 0 ? (now, 0) : nil }
        return over.filter { $0.value.count > 0 }.map { ($0.key, $0.value.count) }
            .sorted { $0.0 < $1.0 }
    }
}
