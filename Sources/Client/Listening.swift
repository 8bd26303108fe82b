import JSON
import Protocol
import Realtime

/// A channel to listen to, from a position on or from now on.
public struct ListenTarget: Sendable {
    public let channel: ChannelName
    public var since: StreamPosition?

    public init(_ channel: ChannelName, since: StreamPosition?) {
        self.channel = channel
        self.since = since
    }
}

/// What somebody who listens gets to see.
public enum ListenEvent: Sendable {
    /// One message, as clients get it.
    case message([UInt8])
    /// The channel is joined at this position. `isGap`: what was published since the position asked
    /// for is not kept any more, and is missing here. `snapshot`: a session's state there.
    case joined(ChannelName, StreamPosition, isGap: Bool, snapshot: JSONValue?)
    /// The link is gone and is being made again.
    case interrupted(String)
}

/// Where each channel is, so that a broken link is resumed without a gap or a duplicate.
package struct ListenPositions {
    private var positions: [ChannelIdentity: StreamPosition]

    /// - Parameter positions: where the channels were left; none for those that begin now.
    package init(_ positions: [ChannelIdentity: StreamPosition]) { self.positions = positions }

    package subscript(channel: ChannelIdentity) -> StreamPosition? { positions[channel] }

    /// The channel was joined, and what follows counts from here.
    package mutating func joined(_ channel: ChannelIdentity, at position: StreamPosition) {
        positions[channel] = position
    }

    /// Whether this publication is the next one of its channel; then it counts as seen.
    ///
    /// While a page of missed ones is being fetched, live ones arrive too early: they come again.
    package mutating func take(_ channel: ChannelIdentity, _ offset: Offset) -> Bool {
        guard var position = positions[channel], offset == position.offset + 1 else { return false }
        position.offset = offset
        positions[channel] = position
        return true
    }
}
