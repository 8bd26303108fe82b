import JSON
import Protocol
import Realtime

/// Events of a publish request, checked and written as the hub takes them.
package struct ProducedBatch {
    /// An event but for the team whose spec or agent its channel's name means.
    private struct Draft {
        let channel: ChannelName
        let eventID: EventID
        let isIdempotent: Bool
        let time: Timestamp
        let content: ProducedEvent.Content
    }

    private var drafts: [Draft] = []
    /// The open texts behind each other.
    package private(set) var texts: [UInt8] = []

    /// Checks every event; throws all that is wrong with the first wrong one.
    package init(_ items: [JSONObject], at now: Timestamp) throws(ValidationError) {
        guard (1...Limits.maximumEventsPerPublish).contains(items.count) else {
            throw ValidationError(
                path: "events", "1 to \(Limits.maximumEventsPerPublish) events at a time")
        }
        for (index, item) in items.enumerated() {
            try append(item, path: "events[\(index)]", at: now)
        }
    }

    /// The events on the channels that their names mean.
    package func events(
        on identity: (ChannelName) throws(ClientError) -> ChannelIdentity
    ) throws(ClientError) -> [ProducedEvent] {
        var events: [ProducedEvent] = []
        for draft in drafts {
            events.append(
                ProducedEvent(
                    channel: try identity(draft.channel), eventID: draft.eventID,
                    isIdempotent: draft.isIdempotent, time: draft.time, content: draft.content))
        }
        return events
    }

    private mutating func append(
        _ item: JSONObject, path: String, at now: Timestamp
    ) throws(ValidationError) {
        let reader = FieldReader(item, path: path)
        let name = reader.requiredString("channel", bytes: 1...256)
        let typeName = reader.requiredString("type", bytes: 1...64)
        let ownID: EventID? = reader.identifier("eventId")
        let time = reader.timestamp("timestamp") ?? now
        try reader.check()
        let channel: ChannelName
        do {
            channel = try ChannelName(parsing: name)
        } catch {
            throw ValidationError(path: "\(path).channel", "\(error)")
        }
        guard let type = EventType(typeName) else {
            throw ValidationError(
                path: "\(path).type", "a domain type, a session type or x_ and a name")
        }
        let eventID = if let ownID { ownID } else { try Self.freshEventID(path) }
        drafts.append(
            Draft(
                channel: channel, eventID: eventID, isIdempotent: ownID != nil, time: time,
                content: content(of: type, item, channel, eventID, time)))
    }

    private mutating func content(
        of type: EventType, _ item: JSONObject, _ channel: ChannelName, _ eventID: EventID,
        _ time: Timestamp
    ) -> ProducedEvent.Content {
        if case .session(let sessionType) = type {
            var fields = item
            for key in ["channel", "type", "eventId", "timestamp"] { fields[key] = nil }
            return .session(sessionType, fields: fields)
        }
        let text = EventText.open(
            type: type.name, channel: channel, at: time, eventID: eventID,
            body: ["payload": item["payload"] ?? .null])
        texts += text
        return .ready(textBytes: text.count)
    }

    /// 128 bits from the system's generator, as 32 hexadecimal digits.
    private static func freshEventID(_ path: String) throws(ValidationError) -> EventID {
        var random = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in
            String(Int.random(in: 0..<16, using: &random), radix: 16)
        }
        do {
            return try EventID(parsing: digits.joined())
        } catch {
            throw ValidationError(path: path, "\(error)")
        }
    }
}
