import JSON
import Realtime

/// A command that a client sent on its WebSocket, checked.
///
/// Example: `{"type":"subscribe","id":"1","channel":"team:t1","since":{"epoch":"e","offset":4}}`.
public struct ClientCommand: Equatable, Sendable {
    public enum Action: Equatable, Sendable {
        case subscribe(ChannelName, since: StreamPosition?)
        case unsubscribe(ChannelName)
        case ping
        case answerPermission(
            session: SessionID, request: PermissionRequestID, allowed: Bool, alwaysAllow: Bool)
    }

    /// The client's own, echoed on the reply.
    public let id: String?
    public let action: Action

    /// Reads one text message.
    ///
    /// Unknown keys are ignored; a known key of the wrong type is ``ErrorCode/invalidCommand``, so
    /// that a misspelt position never turns into "from now on".
    public init(parsing text: [UInt8]) throws(CommandError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: text, maximumDepth: Limits.maximumJSONDepth)
        } catch {
            throw CommandError(.invalidMessage, "the message is not JSON: \(error)")
        }
        guard let fields = document.objectValue else {
            throw CommandError(.invalidCommand, "a command is a JSON object with a \"type\"")
        }
        let reader = try CommandReader(fields)
        id = reader.id
        switch try reader.string("type") {
        case "subscribe":
            action = .subscribe(try reader.channel(), since: try reader.position())
        case "unsubscribe":
            action = .unsubscribe(try reader.channel())
        case "ping":
            action = .ping
        case "permission_response":
            let channel = "session:\(try reader.string("sessionId"))"
            action = .answerPermission(
                session: try reader.identifier("sessionId", about: channel),
                request: try reader.identifier("requestId", about: channel),
                allowed: try reader.requiredBoolean("allowed", about: channel),
                alwaysAllow: try reader.boolean("alwaysAllow", about: channel) ?? false)
        default:
            throw reader.refusal(
                "unknown type; a command is one of subscribe, unsubscribe, ping, permission_response"
            )
        }
    }
}

/// Reads the fields of one command; every refusal carries the command's `id`.
private struct CommandReader {
    let fields: JSONObject
    let id: String?

    init(_ fields: JSONObject) throws(CommandError) {
        self.fields = fields
        switch fields["id"] {
        case nil:
            id = nil
        case .string(let text)
        where (1...Limits.maximumCommandIDCharacters).contains(text.unicodeScalars.count):
            id = text
        default:
            throw CommandError(
                .invalidCommand,
                "\"id\" is a string of 1 to \(Limits.maximumCommandIDCharacters) characters")
        }
    }

    func refusal(_ message: String, about channel: String? = nil) -> CommandError {
        CommandError(.invalidCommand, message, id: id, channel: channel)
    }

    func string(_ key: String) throws(CommandError) -> String {
        guard let value = fields[key]?.stringValue else {
            throw refusal("\"\(key)\" is required and is a string")
        }
        return value
    }

    func boolean(_ key: String, about channel: String) throws(CommandError) -> Bool? {
        guard let value = fields[key] else { return nil }
        guard let flag = value.boolValue else {
            throw refusal("\"\(key)\" is true or false", about: channel)
        }
        return flag
    }

    func requiredBoolean(_ key: String, about channel: String) throws(CommandError) -> Bool {
        guard let flag = try boolean(key, about: channel) else {
            throw refusal("\"\(key)\" is required and is true or false", about: channel)
        }
        return flag
    }

    func identifier<Kind>(
        _ key: String, about channel: String
    ) throws(CommandError) -> Identifier<Kind> {
        let text = try string(key)
        do {
            return try Identifier(parsing: text)
        } catch {
            throw refusal("\"\(key)\": \(error)", about: channel)
        }
    }

    /// `channel`, or `sessionId` as its short form; exactly one of them.
    func channel() throws(CommandError) -> ChannelName {
        let name: String
        switch (fields["channel"], fields["sessionId"]) {
        case (.some, .some): throw refusal("give \"channel\" or \"sessionId\", not both")
        case (.some, nil): name = try string("channel")
        case (nil, .some): name = "session:\(try string("sessionId"))"
        case (nil, nil): throw refusal("\"channel\" or \"sessionId\" is required")
        }
        do {
            return try ChannelName(parsing: name)
        } catch {
            throw CommandError(.channelInvalid, "\(error)", id: id, channel: name)
        }
    }

    func position() throws(CommandError) -> StreamPosition? {
        guard let since = fields["since"], !since.isNull else { return nil }
        guard let epoch = since["epoch"]?.stringValue, let offset = since["offset"]?.integerValue
        else {
            throw refusal("\"since\" is {\"epoch\": string, \"offset\": integer}")
        }
        do {
            return StreamPosition(epoch: try Epoch(parsing: epoch), offset: offset)
        } catch {
            throw refusal("\"since\": \(error)")
        }
    }
}
