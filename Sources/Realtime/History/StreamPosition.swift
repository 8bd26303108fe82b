/// A publication's number in its channel and epoch: the first one is 1, then +1 each; 0 is "none yet".
public typealias Offset = Int64

/// A place in a channel's stream: everything up to and including `offset` has been seen.
///
/// On the wire `{"epoch": "…", "offset": 12}`.
public struct StreamPosition: Sendable, Hashable {
    /// The numbering that `offset` belongs to.
    public var epoch: Epoch

    /// The last offset seen; 0 before the first.
    public var offset: Offset

    /// A position from outside may be anywhere, also negative or ahead: recovery judges it.
    public init(epoch: Epoch, offset: Offset) {
        self.epoch = epoch
        self.offset = offset
    }
}

/// One immutable item of a channel: its number, its name, and its envelope as UTF-8 JSON text.
///
/// The text is made once, where the publication is born, and nobody parses it again.
public struct Publication: Sendable, Equatable {
    /// Its number in the channel's epoch.
    public let offset: Offset

    /// Unique in the channel.
    public let eventID: EventID

    /// The complete envelope (CONTRACT §2) in UTF-8.
    public let text: [UInt8]

    /// Ties the three together; nothing is checked here.
    public init(offset: Offset, eventID: EventID, text: [UInt8]) {
        self.offset = offset
        self.eventID = eventID
        self.text = text
    }
}
