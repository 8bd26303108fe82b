import JSON
import Realtime

/// What the handler of a channel is told, in this order: `subscribed`, then publications.
public enum ChannelMessage: Sendable, Equatable {
    /// The channel is joined, for the first time or again.
    case subscribed(Joined)
    /// The next publication; each comes once.
    case publication(Published)
    /// The channel could not be joined.
    case error(JoinFailure)

    /// The server's answer to a subscribe.
    public struct Joined: Sendable, Equatable {
        /// The channel's head when it was joined.
        public var position: StreamPosition
        /// Whether everything since the position asked for follows.
        public var isRecovered: Bool
        /// Whether publications were missed for good: read the state again over REST.
        public var isGap: Bool
        /// The whole message; its `payload.snapshot` is a session's state at ``position``.
        public var body: JSONValue

        /// A session's state at ``position``.
        public var snapshot: JSONValue? { body["payload"]?["snapshot"] }
    }

    /// One publication of the channel.
    public struct Published: Sendable, Equatable {
        public var offset: Offset
        /// The whole message: type, timestamp, eventId and the type's own fields.
        public var body: JSONValue
        /// The same as it came: UTF-8 JSON.
        public var text: [UInt8]
    }

    /// The server's refusal.
    public struct JoinFailure: Sendable, Equatable {
        /// One of `Protocol.ErrorCode`, or a newer server's.
        public var code: String
        public var message: String
        /// Whether it is tried again without being asked.
        public var willRetry: Bool
        public var body: JSONValue
    }
}
