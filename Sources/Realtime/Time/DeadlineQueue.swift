/// Keys with a moment each, handed out in the order of their moments.
///
/// Equal moments come out in the order in which they were scheduled. Scheduling at the end, which
/// is what a constant delay does, costs a comparison; elsewhere it costs a binary search and a
/// move. It grows with what is scheduled: the caller bounds that.
public struct DeadlineQueue<Key: Hashable & Sendable, Moment: Comparable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let moment: Moment
        let sequence: UInt64
        let key: Key
    }

    private var ordered: [Entry] = []
    private var scheduled: [Key: (moment: Moment, sequence: UInt64)] = [:]
    private var nextSequence: UInt64 = 0

    /// Nothing scheduled.
    public init() {}

    /// How many keys are scheduled.
    public var count: Int { ordered.count }

    /// The earliest moment, for the timer of the loop; nil when nothing is scheduled.
    public var next: Moment? { ordered.first?.moment }

    /// The key that is due first.
    public var first: Key? { ordered.first?.key }

    /// Sets a key's moment; replaces an earlier one of the same key.
    public mutating func schedule(_ key: Key, at moment: Moment) {
        cancel(key)
        let entry = Entry(moment: moment, sequence: nextSequence, key: key)
        nextSequence += 1
        scheduled[key] = (moment, entry.sequence)
        ordered.insert(entry, at: place(of: moment, entry.sequence))
    }

    /// Forgets a key; nothing happens when it is not scheduled.
    public mutating func cancel(_ key: Key) {
        guard let (moment, sequence) = scheduled.removeValue(forKey: key) else { return }
        ordered.remove(at: place(of: moment, sequence))
    }

    /// When a key is due; nil when it is not scheduled.
    public func moment(of key: Key) -> Moment? { scheduled[key]?.moment }

    /// Every key whose moment is `now` or before, earliest first.
    public func due(at now: Moment) -> [Key] {
        ordered.prefix { $0.moment <= now }.map(\.key)
    }

    /// Removes and returns every key whose moment is `now` or before, earliest first.
    public mutating func popDue(at now: Moment) -> [Key] {
        let due = due(at: now)
        ordered.removeFirst(due.count)
        for key in due { scheduled[key] = nil }
        return due
    }

    /// The index of this entry, or where it belongs.
    private func place(of moment: Moment, _ sequence: UInt64) -> Int {
        if let last = ordered.last, (last.moment, last.sequence) < (moment, sequence) {
            return ordered.count
        }
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = low + (high - low) / 2
            if (ordered[middle].moment, ordered[middle].sequence) < (moment, sequence) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
