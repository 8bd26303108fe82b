import Protocol
import Realtime

/// One channel that this worker is interested in, and who of its clients gets what.
///
/// Confined to the loop's thread. ``live`` subscribers all stand at the same position, so that a
/// delivery needs one look at the position and a loop over their slots; those that are still behind
/// (``CatchUp``) are only counted here.
package final class WorkerChannel {
    package enum Link: Equatable {
        /// The hub does not know of our interest (any more).
        case apart
        /// Deliveries follow.
        case joined
        /// Joining again from ``position`` was asked for; deliveries would leave a gap.
        case resuming
    }

    package let identity: ChannelIdentity
    /// As its subscribers call it.
    package let name: ChannelName
    /// Whose channel it is, as long as anybody here may read it.
    package let team: TeamID
    package var link = Link.apart
    /// Subscribes and resumes that are with the hub.
    package var openRequests = 0
    package private(set) var live = ContiguousArray<Outbox.Slot>()
    package private(set) var behind: Set<Outbox.Slot> = []
    private var cursor: SubscriptionCursor?

    package init(_ name: ChannelName, of team: TeamID) {
        identity = ChannelIdentity(name, of: team)
        self.name = name
        self.team = team
    }

    /// What the live subscribers have; nil before the first answer of the hub.
    package var position: StreamPosition? { cursor?.position }
    /// Where those that are behind have to get to; nil while nothing follows from there.
    package var livePosition: StreamPosition? { link == .joined ? position : nil }
    package var subscribers: [Outbox.Slot] { Array(live) + behind.sorted() }
    /// Nobody here wants it, and nothing is on its way.
    package var isIdle: Bool { live.isEmpty && behind.isEmpty && openRequests == 0 }

    /// The hub answered a subscribe: its head is where deliveries go on.
    ///
    /// - Returns: false where that is not where the live subscribers stand: something was lost.
    package func joined(at head: StreamPosition) -> Bool {
        switch link {
        case .resuming: return true
        case .joined where !live.isEmpty: return position == head
        case .joined, .apart:
            guard live.isEmpty else { return false }
            link = .joined
            cursor = SubscriptionCursor(from: head)
            return true
        }
    }

    /// Judges a delivery for the live subscribers.
    package func receive(_ offset: Offset) -> SubscriptionCursor.Action {
        guard link == .joined, let epoch = position?.epoch else { return .skip }
        return receive(StreamPosition(epoch: epoch, offset: offset))
    }

    /// The same while resuming, for the page that closes the gap.
    package func receive(_ next: StreamPosition) -> SubscriptionCursor.Action {
        cursor?.receive(next) ?? .skip
    }

    /// The live subscribers' page did not reach the head: each goes on by itself from there.
    ///
    /// - Returns: their slots and the position that they have.
    package func leaveBehind(
        joinedAt head: StreamPosition
    ) -> (slots: ContiguousArray<Outbox.Slot>, position: StreamPosition)? {
        guard let position else { return nil }
        let slots = live
        behind.formUnion(live)
        live.removeAll()
        cursor = SubscriptionCursor(from: head)
        return (slots, position)
    }

    package func addLive(_ slot: Outbox.Slot) {
        behind.remove(slot)
        live.append(slot)
    }

    package func addBehind(_ slot: Outbox.Slot) { behind.insert(slot) }

    package func remove(_ slot: Outbox.Slot) {
        if behind.remove(slot) != nil { return }
        guard let index = live.firstIndex(of: slot) else { return }
        live.swapAt(index, live.count - 1)
        live.removeLast()
    }

    package func removeAll() {
        live.removeAll()
        behind.removeAll()
    }
}
