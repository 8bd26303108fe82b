/// The numbering and recent past of one channel: it gives out offsets and judges recoveries.
///
/// The ring holds the last publications, the store everything since ``oldestKept``. A hub that
/// starts again makes one from what its store knows, with an empty ring.
public struct ChannelStream: Sendable {
    /// The life of this numbering.
    public let epoch: Epoch

    /// The last offset given out; 0 before the first.
    public private(set) var head: Offset

    /// The oldest offset that the history still keeps; `head + 1` when it keeps nothing.
    public private(set) var oldestKept: Offset

    private var ring: PublicationRing

    /// A new channel without arguments behind `epoch`, or one that the store knows.
    public init(
        epoch: Epoch, head: Offset = 0, oldestKept: Offset = 1,
        limits: PublicationRing.Limits = PublicationRing.Limits()
    ) {
        precondition(
            head >= 0 && (1...(head + 1)).contains(oldestKept), "History ends at the head.")
        self.epoch = epoch
        self.head = head
        self.oldestKept = oldestKept
        self.ring = PublicationRing(limits: limits)
    }

    /// Where the stream stands; what `subscribed` tells a client.
    public var position: StreamPosition { StreamPosition(epoch: epoch, offset: head) }

    /// The offset that the next publication has to carry, in its envelope too.
    public var nextOffset: Offset { head + 1 }

    /// Bytes of text that the ring holds in memory.
    public var ringBytes: Int { ring.bytes }

    /// Adds a publication, whose offset must be ``nextOffset``.
    public mutating func append(_ publication: Publication) {
        precondition(publication.offset == nextOffset, "Offsets grow by one.")
        head = publication.offset
        ring.append(publication)
    }

    /// The history before this offset is gone from the store: no recovery reaches behind it.
    public mutating func trim(before offset: Offset) {
        oldestKept = min(max(oldestKept, offset), head + 1)
        ring.drop(before: oldestKept)
    }

    /// Gives back the ring's memory: recoveries read the store from here on.
    public mutating func forgetRing() {
        ring = PublicationRing(limits: ring.limits)
    }

    /// Takes back what was appended after `head`: its transaction did not commit.
    public mutating func rollBack(to head: Offset) {
        precondition(head <= self.head && head + 1 >= oldestKept, "Only the uncommitted is undone.")
        self.head = head
        ring.drop(after: head)
    }

    /// How a subscriber that has seen `position` gets the rest.
    public enum Recovery: Sendable, Equatable {
        /// It missed nothing.
        case upToDate
        /// It missed exactly these, oldest first.
        case fromRing([Publication])
        /// It missed what the store keeps after this offset, up to ``ChannelStream/head``.
        case fromStore(after: Offset)
        /// Another epoch, a position ahead of the stream, or history that is gone: it reads anew.
        case lost
    }

    /// Judges a client's `since`; any epoch and any number may come.
    public func recovery(since position: StreamPosition) -> Recovery {
        guard position.epoch == epoch, (0...head).contains(position.offset) else { return .lost }
        guard position.offset < head else { return .upToDate }
        guard position.offset + 1 >= oldestKept else { return .lost }
        guard let missed = ring.publications(after: position.offset) else {
            return .fromStore(after: position.offset)
        }
        return .fromRing(missed)
    }
}
