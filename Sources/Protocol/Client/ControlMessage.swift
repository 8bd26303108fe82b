import JSON
import Realtime

/// What the server itself says on a connection; see the table in CONTRACT §2.
public enum ControlMessage: Equatable, Sendable {
    case connected(ConnectionID, heartbeatIntervalMilliseconds: Int)
    /// - Parameter snapshot: a session's state as ready JSON text, for `session:` channels only.
    case subscribed(
        ChannelName, head: StreamPosition, recovered: Bool, snapshot: [UInt8]?, id: String?)
    case unsubscribed(ChannelName, removed: Bool, id: String?)
    case pong(id: String?)
    case error(CommandError)
    case draining(reconnectInMilliseconds: Int)
    case configChanged(WatchedFile)

    /// The complete message.
    public func text(at time: Timestamp, eventID: EventID) -> [UInt8] {
        switch self {
        case .connected(let connection, let interval):
            return EventText.control(
                .connected, at: time, eventID: eventID,
                body: [
                    "connectionId": .string(connection.text),
                    "heartbeatIntervalMs": .integer(Int64(interval)),
                ])
        case .subscribed(let channel, let head, let recovered, let snapshot, let id):
            return Self.subscribed(
                channel, head, recovered, snapshot, id, at: time, eventID: eventID)
        case .unsubscribed(let channel, let removed, let id):
            return EventText.control(
                .unsubscribed, channel: channel.description, at: time, eventID: eventID,
                body: Self.reply(
                    id, ["channel": .string(channel.description), "removed": .bool(removed)]))
        case .pong(let id):
            return EventText.control(
                .pong, at: time, eventID: eventID, body: Self.reply(id, ["ok": true]))
        case .error(let error):
            return EventText.control(
                .error, channel: error.channel, at: time, eventID: eventID,
                body: Self.reply(
                    error.id,
                    ["code": .string(error.code.rawValue), "message": .string(error.message)]))
        case .draining(let delay):
            return EventText.control(
                .draining, at: time, eventID: eventID,
                body: ["payload": ["reconnectInMs": .integer(Int64(delay))]])
        case .configChanged(let file):
            return EventText.control(
                .configChanged, at: time, eventID: eventID,
                body: ["changeType": .string(file.rawValue)])
        }
    }

    private static func reply(_ id: String?, _ payload: JSONObject) -> JSONObject {
        var body: JSONObject = [:]
        if let id { body["id"] = .string(id) }
        body["payload"] = .object(payload)
        return body
    }

    /// The snapshot is ready text already: it is spliced in, not parsed and encoded again.
    private static func subscribed(
        _ channel: ChannelName, _ head: StreamPosition, _ recovered: Bool, _ snapshot: [UInt8]?,
        _ id: String?, at time: Timestamp, eventID: EventID
    ) -> [UInt8] {
        var text = EventText.control(
            .subscribed, channel: channel.description, at: time, eventID: eventID,
            body: reply(
                id,
                [
                    "channel": .string(channel.description),
                    "epoch": .string(head.epoch.text),
                    "offset": .integer(head.offset),
                    "recovered": .bool(recovered),
                ]))
        guard let snapshot else { return text }
        text.removeLast(2)
        text.append(contentsOf: ",\"snapshot\":".utf8)
        text.append(contentsOf: snapshot)
        text.append(contentsOf: "}}".utf8)
        return text
    }
}

/// The two files that the hub watches; the raw value is `config_changed`'s `changeType`.
public enum WatchedFile: String, Sendable, CaseIterable {
    case config
    case theme

    /// Its name in the configuration directory.
    public var fileName: String { "\(rawValue).json" }
}
