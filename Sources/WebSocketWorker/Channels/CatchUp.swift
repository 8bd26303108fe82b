import Protocol
import Realtime

/// A subscription that is still behind: pages of missed publications, handed out piece by piece.
///
/// It holds one page at most, outside of the connection's queue, and asks for the next one when that
/// is used up: so a slow client is never overrun by its own history. Pure.
package struct CatchUp {
    /// What comes next.
    package enum Step: Equatable {
        /// This publication, a part of ``texts``.
        case deliver(Range<Int>)
        /// The next page, from here on; then call `received` or `readWasLost`.
        case read(since: StreamPosition)
        /// Nothing is missing any more: live publications go on from here.
        case caughtUp
        /// An answer is awaited, or the channel is not joined at the moment.
        case wait
        /// The pages have a gap: the client must begin again from its own position.
        case lost
    }

    package let channel: ChannelIdentity
    /// Unique in the connection: an answer to a subscription that was left is no other one's.
    package let id: UInt64
    /// The texts of the page in hand.
    package var texts: [UInt8] { page.texts }

    private var cursor: SubscriptionCursor
    private var page: Page
    private var nextItem = 0
    private var nextByte = 0
    private var isReading = false
    private var isStuck = false

    /// Behind `position`, with the first page of what comes after it.
    package init(
        _ channel: ChannelIdentity, id: UInt64 = 0, from position: StreamPosition,
        page: Page = .empty
    ) {
        self.channel = channel
        self.id = id
        self.page = page
        cursor = SubscriptionCursor(from: position)
    }

    /// Whether it holds, or has asked for, publications that are not handed out yet.
    package var isBusy: Bool { isReading || nextItem < page.items.count }

    /// The next step.
    ///
    /// - Parameter head: what the channel's live subscribers have; nil while it is not joined.
    package mutating func next(head: StreamPosition?) -> Step {
        while nextItem < page.items.count {
            let item = page.items[nextItem]
            let range = nextByte..<(nextByte + item.bytes)
            nextItem += 1
            nextByte += item.bytes
            switch cursor.receive(StreamPosition(epoch: cursor.position.epoch, offset: item.offset))
            {
            case .deliver: return .deliver(range)
            case .skip: continue
            case .lost: return .lost
            }
        }
        guard !isReading, let head else { return .wait }
        if cursor.position == head { return .caughtUp }
        guard head.epoch == cursor.position.epoch, head.offset > cursor.position.offset, !isStuck
        else { return .lost }
        isReading = true
        return .read(since: cursor.position)
    }

    /// The page that was asked for.
    package mutating func received(_ page: Page) {
        isReading = false
        isStuck = page.items.isEmpty
        self.page = page
        nextItem = 0
        nextByte = 0
    }

    /// The link went down: the page is asked for again once the channel is joined.
    package mutating func readWasLost() { isReading = false }
}
