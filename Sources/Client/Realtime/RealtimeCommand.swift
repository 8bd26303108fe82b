import JSON
import Realtime

/// The `id` of a command, echoed on its reply: what it asks for, and a number that no other command
/// of the client has; later commands have greater ones.
package struct CommandID: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Character, Sendable, CaseIterable {
        case subscribe = "s"
        case unsubscribe = "u"
        case ping = "p"
        case answer = "a"
    }

    package let kind: Kind
    package let number: Int

    package init(_ kind: Kind, _ number: Int) {
        self.kind = kind
        self.number = number
    }

    /// Nil where the text is of another form.
    package init?(_ text: String) {
        guard let kind = text.first.flatMap(Kind.init), let number = Int(text.dropFirst()) else {
            return nil
        }
        self.init(kind, number)
    }

    package var description: String { "\(kind.rawValue)\(number)" }
}

/// A command to the server (CONTRACT §2, Commands).
package enum RealtimeCommand: Sendable, Equatable {
    case subscribe(CommandID, ChannelName, since: StreamPosition?)
    case unsubscribe(CommandID, ChannelName)
    case ping(CommandID)
    case answer(CommandID, PermissionResponse)

    /// The message's JSON text.
    package var text: [UInt8] {
        let fields: JSONObject
        switch self {
        case .subscribe(let id, let channel, let since):
            var subscribe = Self.fields("subscribe", id, channel)
            if let since {
                subscribe["since"] = [
                    "epoch": .string(since.epoch.text), "offset": .integer(since.offset),
                ]
            }
            fields = subscribe
        case .unsubscribe(let id, let channel):
            fields = Self.fields("unsubscribe", id, channel)
        case .ping(let id):
            fields = ["type": "ping", "id": .string(id.description)]
        case .answer(let id, let answer):
            var response: JSONObject = [
                "type": "permission_response", "id": .string(id.description),
                "sessionId": .string(answer.session.text),
                "requestId": .string(answer.requestID),
                "allowed": .bool(answer.allowed),
            ]
            if let alwaysAllow = answer.alwaysAllow { response["alwaysAllow"] = .bool(alwaysAllow) }
            fields = response
        }
        return JSONValue.object(fields).encoded()
    }

    private static func fields(
        _ type: String, _ id: CommandID, _ channel: ChannelName
    ) -> JSONObject {
        [
            "type": .string(type), "id": .string(id.description),
            "channel": .string(channel.description),
        ]
    }
}

/// A person's answer to a permission question.
public struct PermissionResponse: Sendable, Hashable {
    public var session: SessionID
    public var requestID: String
    public var allowed: Bool
    /// Left out, nothing is remembered.
    public var alwaysAllow: Bool?

    public init(
        session: SessionID, requestID: String, allowed: Bool, alwaysAllow: Bool? = nil
    ) {
        self.session = session
        self.requestID = requestID
        self.allowed = allowed
        self.alwaysAllow = alwaysAllow
    }
}

/// What became of a permission answer.
public enum AnswerOutcome: Sendable, Equatable {
    /// It was taken, or another answer from elsewhere came first.
    case resolved(allowed: Bool, alwaysAllow: Bool, resolvedBy: String)
    /// Nobody's answer came in time: denied.
    case timeout
    /// It had ended before; the session's messages say how.
    case alreadyResolved
    case notFound
}
