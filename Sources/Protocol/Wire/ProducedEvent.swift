import JSON
import Realtime

/// One event of a publish request, as far as the hub has to understand it.
public struct ProducedEvent: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// Opaque: the length of its open text (``EventText/open(type:channel:at:eventID:body:)``)
        /// in the message's body.
        case ready(textBytes: Int)
        /// A session event: the hub folds its fields into the session's state and writes the text.
        case session(SessionEventType, fields: JSONObject)
    }

    public let channel: ChannelIdentity
    /// The producer's own, or made by the worker at the border.
    public let eventID: EventID
    /// Whether the producer gave ``eventID``: only then can there be a duplicate to look for.
    public let isIdempotent: Bool
    public let time: Timestamp
    public let content: Content

    public init(
        channel: ChannelIdentity, eventID: EventID, isIdempotent: Bool, time: Timestamp,
        content: Content
    ) {
        self.channel = channel
        self.eventID = eventID
        self.isIdempotent = isIdempotent
        self.time = time
        self.content = content
    }

    var header: JSONObject {
        var header: JSONObject = [
            "channel": .string(channel.description), "eventId": .string(eventID.text),
            "idempotent": .bool(isIdempotent), "time": .integer(time.milliseconds),
        ]
        switch content {
        case .ready(let bytes):
            header["bytes"] = .integer(Int64(bytes))
        case .session(let type, let fields):
            header["session"] = .string(type.rawValue)
            header["fields"] = .object(fields)
        }
        return header
    }

    init(_ value: JSONValue) throws(WireError) {
        let reader = try HeaderReader(value, "events")
        channel = try reader.channel()
        eventID = try reader.identifier("eventId")
        isIdempotent = try reader.boolean("idempotent")
        time = Timestamp(milliseconds: try reader.integer("time"))
        if reader.fields["session"] == nil {
            content = .ready(textBytes: try reader.count("bytes"))
        } else {
            content = .session(try reader.word("session"), fields: try reader.object("fields"))
        }
    }

    /// Reads all and checks that their texts are exactly the body.
    static func list(
        _ items: [JSONValue], texts: [UInt8]
    ) throws(WireError) -> [ProducedEvent] {
        guard (1...Limits.maximumEventsPerPublish).contains(items.count) else {
            throw .badField("events")
        }
        var events: [ProducedEvent] = []
        var total = 0
        for item in items {
            let event = try ProducedEvent(item)
            if case .ready(let bytes) = event.content {
                guard bytes > 0, bytes <= texts.count - total else { throw .badField("bytes") }
                total += bytes
            }
            events.append(event)
        }
        guard total == texts.count else { throw .badField("bytes") }
        return events
    }
}

/// What became of one produced event; REST shows it as it is.
public struct PublishResult: Sendable, Equatable {
    public let channel: ChannelName
    public let position: StreamPosition
    public let eventID: EventID
    public let isDuplicate: Bool

    public init(
        channel: ChannelName, position: StreamPosition, eventID: EventID, isDuplicate: Bool
    ) {
        self.channel = channel
        self.position = position
        self.eventID = eventID
        self.isDuplicate = isDuplicate
    }

    public var json: JSONValue {
        [
            "channel": .string(channel.description), "epoch": .string(position.epoch.text),
            "offset": .integer(position.offset), "eventId": .string(eventID.text),
            "duplicate": .bool(isDuplicate),
        ]
    }
}
