import Crypto
import JSON
import Protocol
import Realtime

/// The events of one publish request, checked, with the texts of those that the hub need not
/// understand written once and for all.
package struct PublishRequest {
    package private(set) var events: [ProducedEvent] = []
    /// The open texts of the domain events behind each other.
    package private(set) var texts: [UInt8] = []
    /// What the caller must hold for these events.
    package private(set) var scopes: Set<Scope> = []

    private let team: TeamID

    /// Reads `{channel, type, …}` or `{events: […]}`; every problem is told at once.
    ///
    /// - Parameters:
    ///   - team: whose specs and agents the channels' names mean.
    ///   - now: the time of events that carry none.
    package init(
        _ body: JSONValue, for team: TeamID, at now: Timestamp
    ) throws(ValidationError) {
        self.team = team
        guard let fields = body.objectValue else {
            throw ValidationError(path: "", "an object: one event, or {\"events\": […]}")
        }
        guard let list = fields["events"] else {
            try add(FieldReader(fields), now)
            return
        }
        let limit = Limits.maximumEventsPerPublish
        guard let items = list.arrayValue, (1...limit).contains(items.count) else {
            throw ValidationError(path: "events", "an array of 1 to \(limit) events")
        }
        try add(items, now)
    }

    private mutating func add(_ items: [JSONValue], _ now: Timestamp) throws(ValidationError) {
        var problems: [ValidationError.Problem] = []
        for (index, item) in items.enumerated() {
            let path = "events[\(index)]"
            do throws(ValidationError) {
                guard let fields = item.objectValue else {
                    throw ValidationError(path: path, "an object")
                }
                try add(FieldReader(fields, path: path), now)
            } catch {
                problems += error.problems
            }
            // A thousand events that are all wrong in the same way need no thousand lines.
            if problems.count >= Self.maximumProblems { break }
        }
        if !problems.isEmpty { throw ValidationError(problems) }
    }

    private static let maximumProblems = 20

    private mutating func add(
        _ reader: FieldReader, _ now: Timestamp
    ) throws(ValidationError) {
        let channel = Self.channel(reader)
        let type = Self.type(reader)
        let own: EventID? = reader.identifier("eventId")
        let time = Self.time(reader) ?? now
        let fields = type.flatMap { Self.sessionFields($0, channel, reader) }
        try reader.check()
        guard let channel, let type else { return }
        let eventID = own ?? Self.freshEventID()
        let content: ProducedEvent.Content
        switch type {
        case .session(let type):
            content = .session(type, fields: fields ?? [:])
            scopes.insert(.sessionsRun)
        case .domain, .application:
            let text = EventText.open(
                type: type.name, channel: channel, at: time, eventID: eventID,
                body: ["payload": reader.value("payload") ?? .null])
            content = .ready(textBytes: text.count)
            scopes.insert(.publish)
            try Self.checkSize(text.count, reader)
            texts += text
        }
        events.append(
            ProducedEvent(
                channel: ChannelIdentity(channel, of: team), eventID: eventID,
                isIdempotent: own != nil, time: time,
                content: content))
    }
}

// MARK: - Fields

extension PublishRequest {
    private static func channel(_ reader: FieldReader) -> ChannelName? {
        let text = reader.requiredString("channel", bytes: 1...512)
        guard !text.isEmpty else { return nil }
        do {
            return try ChannelName(parsing: text)
        } catch {
            reader.refuse("channel", "\(error)")
            return nil
        }
    }

    private static func type(_ reader: FieldReader) -> EventType? {
        let allowed =
            "one of \((DomainEventType.allCases.map(\.rawValue)).joined(separator: ", ")), "
            + "x_ and up to 60 of a-z 0-9 _, or a session event that an agent may publish"
        let name = reader.value("type")?.stringValue
        guard let name else {
            reader.refuse("type", reader.value("type") == nil ? "required" : allowed)
            return nil
        }
        guard let type = EventType(name) else {
            reader.refuse("type", allowed)
            return nil
        }
        if case .session(let session) = type, !session.isPublishable {
            reader.refuse("type", "\(name) follows from its own REST call and is not published")
            return nil
        }
        return type
    }

    /// A time of the years 0 to 9999, which are all that ISO 8601 can write.
    private static func time(_ reader: FieldReader) -> Timestamp? {
        guard let time = reader.timestamp("timestamp") else { return nil }
        guard (-62_167_219_200_000...253_402_300_799_999).contains(time.milliseconds) else {
            reader.refuse("timestamp", "a time of the years 0000 to 9999 in UTC")
            return nil
        }
        return time
    }

    /// The flat fields of a session event; nil for the other families.
    private static func sessionFields(
        _ type: EventType, _ channel: ChannelName?, _ reader: FieldReader
    ) -> JSONObject? {
        guard case .session(let session) = type, let shape = SessionEventShape.of(session) else {
            return nil
        }
        if let channel, channel.kind != .session {
            reader.refuse("channel", "\(session.rawValue) goes to a channel session:{id}")
        }
        if let named = reader.value("sessionId"), !named.isNull,
            named.stringValue != channel?.sessionID?.text
        {
            reader.refuse("sessionId", "the session of the channel, or nothing")
        }
        let fields = shape.read(reader)
        let bytes = JSONValue.object(fields).encoded().count
        if bytes > Limits.maximumPublicationBytes { reader.refuse("", tooLarge(bytes)) }
        return fields
    }

    private static func checkSize(
        _ bytes: Int, _ reader: FieldReader
    ) throws(ValidationError) {
        if bytes > Limits.maximumPublicationBytes { reader.refuse("payload", tooLarge(bytes)) }
        try reader.check()
    }

    private static func tooLarge(_ bytes: Int) -> String {
        "the event takes \(bytes) bytes; at most \(Limits.maximumPublicationBytes) are published"
    }

    private static func freshEventID() -> EventID {
        do {
            return try EventID(parsing: SecureRandom.identifier())
        } catch {
            preconditionFailure("a random identifier is no event id: \(error)")
        }
    }
}
