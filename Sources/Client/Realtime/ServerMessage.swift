import JSON
import Protocol
import Realtime

/// One message of the server, read as far as the client decides by it.
package struct ServerMessage: Sendable {
    package enum Content: Sendable, Equatable {
        case connected(heartbeatInterval: Duration?)
        case subscribed(CommandID?, ChannelName, StreamPosition, isRecovered: Bool)
        case pong(CommandID?)
        case refused(CommandReference, ChannelName?, code: String, message: String)
        case draining(reconnectIn: Duration)
        case publication(ChannelName, Offset, RequestEnd?)
        /// Nothing to decide: `config_changed`, `unsubscribed`, a newer server's types.
        case other
    }

    /// Which command an error answers.
    package enum CommandReference: Sendable, Equatable {
        case none
        case own(CommandID)
        /// Not one that this client sends.
        case foreign
    }

    /// How a permission request ended, where a publication tells that.
    package enum RequestEnd: Sendable, Equatable {
        case resolved(requestID: String, allowed: Bool, alwaysAllow: Bool, resolvedBy: String)
        case timedOut(requestID: String)
    }

    package var content: Content
    package var body: JSONValue
    package var text: [UInt8]

    package init(_ content: Content, body: JSONValue = .null, text: [UInt8] = []) {
        self.content = content
        self.body = body
        self.text = text
    }
}

// MARK: - Reading

extension ServerMessage {
    /// Reads one text; throws where it is no message of this protocol.
    package init(parsing text: [UInt8]) throws(RealtimeError) {
        let body: JSONValue
        do {
            body = try JSONValue(parsing: text)
        } catch {
            throw .unreadableMessage("\(error)")
        }
        guard let type = body["type"]?.stringValue else {
            throw .unreadableMessage("it has no type")
        }
        self.init(Self.content(type, body), body: body, text: text)
    }

    private static func content(_ type: String, _ body: JSONValue) -> Content {
        let payload = body["payload"]
        let channel = Self.channel(body["channel"] ?? payload?["channel"])
        switch ControlType(rawValue: type) {
        case .connected:
            return .connected(heartbeatInterval: milliseconds(body["heartbeatIntervalMs"]))
        case .subscribed:
            guard let channel, let position = position(payload) else { return .other }
            let isRecovered = payload?["recovered"]?.boolValue == true
            return .subscribed(
                ownID(body["id"]), channel, position, isRecovered: isRecovered)
        case .pong: return .pong(ownID(body["id"]))
        case .draining:
            return .draining(reconnectIn: milliseconds(payload?["reconnectInMs"]) ?? .zero)
        case .error where body["offset"] == nil:
            return .refused(
                reference(body["id"]), channel, code: payload?["code"]?.stringValue ?? "",
                message: payload?["message"]?.stringValue ?? "")
        case .unsubscribed, .configChanged: return .other
        case .error, nil:
            guard let channel, let offset = body["offset"]?.integerValue else { return .other }
            return .publication(channel, offset, requestEnd(type, body))
        }
    }

    private static func requestEnd(_ type: String, _ body: JSONValue) -> RequestEnd? {
        guard let id = body["requestId"]?.stringValue else { return nil }
        switch SessionEventType(rawValue: type) {
        case .permissionResolved:
            return .resolved(
                requestID: id, allowed: body["allowed"]?.boolValue == true,
                alwaysAllow: body["alwaysAllow"]?.boolValue == true,
                resolvedBy: body["resolvedBy"]?.stringValue ?? "")
        case .permissionTimeout: return .timedOut(requestID: id)
        default: return nil
        }
    }

    /// Nil also where the name cannot be read: then it is on no list of ours.
    private static func channel(_ name: JSONValue?) -> ChannelName? {
        name?.stringValue.flatMap { try? ChannelName(parsing: $0) }
    }

    private static func position(_ payload: JSONValue?) -> StreamPosition? {
        guard let offset = payload?["offset"]?.integerValue,
            let word = payload?["epoch"]?.stringValue,
            let epoch = try? Epoch(parsing: word)  // of another form: not of this protocol
        else { return nil }
        return StreamPosition(epoch: epoch, offset: offset)
    }

    private static func milliseconds(_ value: JSONValue?) -> Duration? {
        guard let count = value?.doubleValue, count >= 0, count < 1e12 else { return nil }
        return .milliseconds(Int64(count))
    }

    private static func ownID(_ value: JSONValue?) -> CommandID? {
        value?.stringValue.flatMap { CommandID($0) }
    }

    private static func reference(_ value: JSONValue?) -> CommandReference {
        guard let text = value?.stringValue else { return .none }
        return CommandID(text).map { .own($0) } ?? .foreign
    }
}
