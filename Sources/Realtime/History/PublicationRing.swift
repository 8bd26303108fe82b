/// The most recent publications of one channel, contiguous by offset, bounded by count and bytes.
///
/// It answers most recoveries without the store. Appending costs O(1); it allocates slots only as
/// they are needed, because most channels are quiet.
public struct PublicationRing: Sendable {
    /// How much a ring keeps in memory; the store keeps more.
    public struct Limits: Sendable, Equatable {
        /// Covers a reconnect of some seconds on a busy channel.
        public var maximumPublications: Int
        /// So that a thousand busy channels stay within a gigabyte.
        public var maximumBytes: Int

        /// Both at least 1.
        public init(maximumPublications: Int = 1_024, maximumBytes: Int = 1 << 20) {
            precondition(maximumPublications > 0 && maximumBytes > 0, "A ring holds something.")
            self.maximumPublications = maximumPublications
            self.maximumBytes = maximumBytes
        }
    }

    let limits: Limits
    /// A circle whose oldest publication is at `start`; freed slots hold nil to release their text.
    private var slots: [Publication?] = []
    private var start = 0

    /// How many publications it holds.
    public private(set) var count = 0

    /// The sum of the texts' sizes.
    public private(set) var bytes = 0

    /// Empty.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The offset of the oldest publication; nil when empty.
    public var firstOffset: Offset? { slot(0)?.offset }

    /// Adds the next publication and drops old ones over the limits, possibly the new one itself.
    public mutating func append(_ publication: Publication) {
        precondition(
            slot(count - 1).map { $0.offset + 1 == publication.offset } ?? true,
            "A ring's offsets are contiguous.")
        if count == slots.count { grow() }
        slots[(start + count) % slots.count] = publication
        count += 1
        bytes += publication.text.count
        while count > limits.maximumPublications || bytes > limits.maximumBytes { removeFirst() }
    }

    /// Everything after an offset, oldest first; nil when the ring no longer reaches back that far.
    public func publications(after offset: Offset) -> [Publication]? {
        guard let firstOffset, offset >= firstOffset - 1 else { return nil }
        let skipped = min(Int(clamping: offset - (firstOffset - 1)), count)
        return (skipped..<count).compactMap(slot)
    }

    /// Drops everything before an offset: the history was trimmed.
    public mutating func drop(before offset: Offset) {
        while let firstOffset, firstOffset < offset { removeFirst() }
    }

    /// Drops everything after an offset: the transaction that held it was rolled back.
    public mutating func drop(after offset: Offset) {
        while let last = slot(count - 1), last.offset > offset {
            slots[(start + count - 1) % slots.count] = nil
            count -= 1
            bytes -= last.text.count
        }
    }

    private func slot(_ index: Int) -> Publication? {
        index >= 0 && index < count ? slots[(start + index) % slots.count] : nil
    }

    private mutating func removeFirst() {
        bytes -= slot(0)?.text.count ?? 0
        slots[start] = nil
        start = (start + 1) % slots.count
        count -= 1
    }

    /// Doubles the circle and lays it out from its start.
    private mutating func grow() {
        // One slot more than the limit: a publication is added before the oldest one is dropped.
        let size = min(max(4, slots.count * 2), limits.maximumPublications + 1)
        let kept = (0..<count).map(slot)
        slots = kept + Array(repeating: nil, count: size - kept.count)
        start = 0
    }
}
