/// What one subscription has been given: the guard where recovered and live publications join.
///
/// Its worker asks it before each delivery. Recovered ones and live ones come down one ordered
/// stream, so ``Action/skip`` is normal at the seam, and ``Action/lost`` is a defect somewhere
/// above, which the client may repair by resuming from where it stands.
public struct SubscriptionCursor: Sendable, Equatable {
    /// The last publication that the subscriber got, or where it began.
    public private(set) var position: StreamPosition

    /// Begins behind `position`: the `since` that was recovered, or the head.
    public init(from position: StreamPosition) {
        self.position = position
    }

    /// What to do with a publication.
    public enum Action: Sendable, Equatable {
        /// Hand it over; the cursor has moved.
        case deliver
        /// The subscriber has it already.
        case skip
        /// Something between is missing, or the epoch changed: deliver nothing, make it resume.
        case lost
    }

    /// Judges one publication of the subscribed channel.
    public mutating func receive(_ next: StreamPosition) -> Action {
        guard next.epoch == position.epoch, next.offset <= position.offset + 1 else { return .lost }
        guard next.offset == position.offset + 1 else { return .skip }
        position = next
        return .deliver
    }
}
