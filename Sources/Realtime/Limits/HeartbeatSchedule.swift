/// When which connection is pinged, and when one counts as dead.
///
/// The interval is cut into slots and each connection belongs to one by its number, so that ten
/// thousand pings do not leave at once. A worker calls ``advance()`` every ``slotDuration`` and
/// asks ``verdict(for:heardAt:at:)`` for each connection; that is one comparison each.
public struct HeartbeatSchedule: Sendable {
    /// What to do with a connection in this slot.
    public enum Action: Sendable, Equatable {
        case none
        case ping
        /// Nothing was heard for the time-out: close with 4001.
        case close
    }

    private let timeout: Duration
    private var current: UInt64 = 0

    /// How often ``advance()`` is due.
    public let slotDuration: Duration

    /// Enough that a slot of a full worker holds some hundred connections.
    public static let slotCount: UInt64 = 16

    /// `timeout` has to be longer than `interval`, or a healthy peer would be closed unasked.
    public init(interval: Duration, timeout: Duration) {
        precondition(interval > .zero && timeout > interval, "The time-out exceeds the interval.")
        self.timeout = timeout
        slotDuration = interval / Int(Self.slotCount)
    }

    /// The next slot begins.
    public mutating func advance() { current = (current + 1) % Self.slotCount }

    /// `connection` is its running number in the worker; `heardAt` is its last inbound frame, or
    /// its opening.
    public func verdict(for connection: UInt64, heardAt: Duration, at now: Duration) -> Action {
        if now - heardAt >= timeout { return .close }
        return connection % Self.slotCount == current ? .ping : .none
    }
}
