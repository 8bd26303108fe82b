import JSON
import Realtime

/// The text of one message to clients: the envelope of CONTRACT §2 in UTF-8 JSON.
///
/// A publication's text is built once, where the publication is born, and left open at the end
/// (no `}` yet); the hub completes it with the offset that it assigned, and from then on nobody
/// parses or encodes it again.
public enum EventText {
    /// An event as far as its producer can write it; ``completed(_:offset:)`` does the rest.
    ///
    /// - Parameter body: the type's own fields: `payload` for a domain event, flat ones for a
    ///   session event. None may have the name of an envelope field.
    public static func open(
        type: String, channel: ChannelName?, at time: Timestamp, eventID: EventID, body: JSONObject
    ) -> [UInt8] {
        var envelope: JSONObject = ["type": .string(type)]
        if let channel { envelope["channel"] = .string(channel.description) }
        envelope["timestamp"] = .string(time.description)
        envelope["eventId"] = .string(eventID.text)
        envelope["encoding"] = "json"
        for (key, value) in body {
            precondition(envelope[key] == nil, "a body field has the name of an envelope field")
            envelope[key] = value
        }
        var text = JSONValue.object(envelope).encoded()
        text.removeLast()
        return text
    }

    /// Adds the offset and closes the text.
    ///
    /// Costs one copy.
    public static func completed(_ open: some Collection<UInt8>, offset: Offset) -> [UInt8] {
        var text: [UInt8] = []
        let tail = ",\"offset\":\(offset)}"
        text.reserveCapacity(open.count + tail.utf8.count)
        text.append(contentsOf: open)
        text.append(contentsOf: tail.utf8)
        return text
    }

    /// A message outside any channel's history, complete.
    public static func control(
        _ type: ControlType, channel: String? = nil, at time: Timestamp, eventID: EventID,
        body: JSONObject
    ) -> [UInt8] {
        var envelope: JSONObject = ["type": .string(type.rawValue)]
        if let channel { envelope["channel"] = .string(channel) }
        envelope["timestamp"] = .string(time.description)
        envelope["eventId"] = .string(eventID.text)
        envelope["encoding"] = "json"
        for (key, value) in body { envelope[key] = value }
        return JSONValue.object(envelope).encoded()
    }
}
