/// One `text_delta` as a producer sent it.
public struct TextDelta: Sendable, Equatable {
    /// The session whose channel it is for.
    public let session: SessionID
    /// The flow of text that it continues.
    public let stream: TextStream
    /// The name of this very delta; the merged publication carries the first one's.
    public let eventID: EventID
    /// The text.
    public let delta: String

    /// Nothing is checked: sizes are bounded by the command that brought it.
    public init(session: SessionID, stream: TextStream, eventID: EventID, delta: String) {
        self.session = session
        self.stream = stream
        self.eventID = eventID
        self.delta = delta
    }
}

/// Merges the `text_delta`s of one (session, turn, parent) within a window into one publication.
///
/// CONTRACT §2, Delivery 4. The window begins with the first delta and does not move, so that text
/// is never later than it. Whoever publishes any other event of a session publishes first what
/// ``flush(_:)-(SessionID)`` gives; so nothing overtakes. What is open here is neither acknowledged
/// nor durable: its producer hears of it when its batch was published.
public struct DeltaBatcher: Sendable {
    /// How long and how much it waits.
    public struct Limits: Sendable, Equatable {
        /// Below what a reader notices, above what a model needs for some tokens.
        public var window: Duration
        /// Of one batch: what reaches it is published at once.
        public var maximumBytes: Int
        /// Open at once in one session; one more flushes the session.
        public var maximumBatchesPerSession: Int

        /// CONTRACT's 50 ms.
        public init(
            window: Duration = .milliseconds(50), maximumBytes: Int = 16 << 10,
            maximumBatchesPerSession: Int = 32
        ) {
            precondition(window >= .zero && maximumBytes > 0 && maximumBatchesPerSession > 0)
            self.window = window
            self.maximumBytes = maximumBytes
            self.maximumBatchesPerSession = maximumBatchesPerSession
        }
    }

    /// Deltas that become one publication.
    public struct Batch: Sendable, Equatable {
        public let session: SessionID
        public let stream: TextStream
        /// Every delta in it, first to last; all of them share the publication's offset.
        public fileprivate(set) var eventIDs: [EventID]
        /// Their text in the order in which they came.
        public fileprivate(set) var text: String
    }

    /// What became of a delta.
    public enum Action: Sendable, Equatable {
        /// It waits in its batch; ``nextDeadline`` says until when at the latest.
        case wait
        /// Publish these now, in this order; the delta is in the last one.
        case publish([Batch])
        /// A delta of this session with this id waits already: a repetition, not added.
        case duplicate
    }

    fileprivate struct Key: Sendable, Hashable {
        let session: SessionID
        let stream: TextStream
    }

    /// What is open of one session.
    fileprivate struct OpenBatches: Sendable {
        /// In the order in which they began.
        var batches: [Batch] = []
        /// Of all of them, to recognise a repetition.
        var eventIDs: Set<EventID> = []
    }

    /// May be changed at any time; counts from the next delta on.
    public var limits: Limits

    private var open: [SessionID: OpenBatches] = [:]
    private var deadlines = DeadlineQueue<Key, Duration>()

    /// Nothing open.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// When ``flushDue(at:)`` has something to give; nil when nothing is open.
    public var nextDeadline: Duration? { deadlines.next }

    /// Takes in a delta; `now` is the loop's monotonic time.
    public mutating func add(_ delta: TextDelta, at now: Duration) -> Action {
        guard open[delta.session, default: OpenBatches()].eventIDs.insert(delta.eventID).inserted
        else { return .duplicate }
        let key = Key(session: delta.session, stream: delta.stream)
        let (index, batchCount) = openBatch(key, at: now)
        // In place: a copy of the dictionary's value would copy the whole text for each delta.
        open[delta.session]?.batches[index].eventIDs.append(delta.eventID)
        open[delta.session]?.batches[index].text += delta.delta
        if batchCount > limits.maximumBatchesPerSession { return .publish(flush(delta.session)) }
        let size = open[delta.session]?.batches[index].text.utf8.count ?? 0
        guard size >= limits.maximumBytes else { return .wait }
        deadlines.cancel(key)
        return .publish([remove(key)].compactMap { $0 })
    }

    /// Closes and returns what is open of a session: before any other event of it, and before it
    /// is deleted.
    public mutating func flush(_ session: SessionID) -> [Batch] {
        let batches = open.removeValue(forKey: session)?.batches ?? []
        for batch in batches { deadlines.cancel(Key(session: session, stream: batch.stream)) }
        return batches
    }

    /// Closes and returns every batch whose window has passed, earliest first.
    public mutating func flushDue(at now: Duration) -> [Batch] {
        deadlines.popDue(at: now).compactMap { remove($0) }
    }

    /// Closes and returns everything: at shutdown.
    public mutating func flushAll() -> [Batch] {
        var batches: [Batch] = []
        while let next = deadlines.next { batches += flushDue(at: next) }
        return batches
    }

    /// What a session has open, to be put back by ``restore(_:)``.
    public struct Checkpoint: Sendable {
        fileprivate let session: SessionID
        fileprivate let batches: OpenBatches?
        fileprivate let deadlines: [Key: Duration]
    }

    /// What is open of one session now; the costs are those of its batches, not of all.
    public func checkpoint(of session: SessionID) -> Checkpoint {
        let batches = open[session]
        var moments: [Key: Duration] = [:]
        for batch in batches?.batches ?? [] {
            let key = Key(session: session, stream: batch.stream)
            moments[key] = deadlines.moment(of: key)
        }
        return Checkpoint(session: session, batches: batches, deadlines: moments)
    }

    /// Undoes what was done to a session since its checkpoint: its transaction did not commit.
    public mutating func restore(_ checkpoint: Checkpoint) {
        _ = flush(checkpoint.session)
        open[checkpoint.session] = checkpoint.batches
        for (key, moment) in checkpoint.deadlines { deadlines.schedule(key, at: moment) }
    }

    /// The sessions of which ``flushDue(at:)`` gives something.
    public func sessionsDue(at now: Duration) -> Set<SessionID> {
        Set(deadlines.due(at: now).map(\.session))
    }

    /// The place of a key's batch, begun if need be, and how many the session has open.
    private mutating func openBatch(_ key: Key, at now: Duration) -> (index: Int, count: Int) {
        let batches = open[key.session]?.batches ?? []
        if let index = batches.firstIndex(where: { $0.stream == key.stream }) {
            return (index, batches.count)
        }
        deadlines.schedule(key, at: now + limits.window)
        let batch = Batch(session: key.session, stream: key.stream, eventIDs: [], text: "")
        open[key.session, default: OpenBatches()].batches.append(batch)
        return (batches.count, batches.count + 1)
    }

    private mutating func remove(_ key: Key) -> Batch? {
        guard
            let index = open[key.session]?.batches.firstIndex(where: { $0.stream == key.stream }),
            let batch = open[key.session]?.batches.remove(at: index)
        else { return nil }
        open[key.session]?.eventIDs.subtract(batch.eventIDs)
        if open[key.session]?.batches.isEmpty == true { open[key.session] = nil }
        return batch
    }
}
