import Realtime

/// What went wrong in a realtime client: thrown to who asked, or told among the client's events.
public enum RealtimeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program's token could not be had; tried again with back-off.
    case tokenUnavailable(String)
    /// A handler threw; the others and the client go on.
    case handlerFailed(ChannelName, String)
    /// The server left publications out; they are fetched again.
    case gapDetected(ChannelName, expected: Offset, received: Offset)
    /// The client was disconnected before the server answered.
    case disconnected(String)
    /// There is no connection for what cannot wait for one.
    case notConnected
    /// More permission answers wait for their acknowledgement than are kept.
    case outboxFull(maximum: Int)
    /// The server refused something; `code` is one of `Protocol.ErrorCode`, or a newer server's.
    case refused(code: String, message: String)
    /// The server closed with a code that says that this client broke the protocol.
    case protocolBroken(code: UInt16, reason: String)
    /// The server sent what is no message of this protocol; it was left out.
    case unreadableMessage(String)

    /// The name that both clients have for it.
    public var code: String {
        switch self {
        case .tokenUnavailable: "TOKEN_UNAVAILABLE"
        case .handlerFailed: "HANDLER_FAILED"
        case .gapDetected: "GAP_DETECTED"
        case .disconnected: "DISCONNECTED"
        case .notConnected: "NOT_CONNECTED"
        case .outboxFull: "OUTBOX_FULL"
        case .refused(let code, _): code
        case .protocolBroken: "PROTOCOL_ERROR"
        case .unreadableMessage: "INVALID_MESSAGE"
        }
    }

    public var description: String {
        switch self {
        case .tokenUnavailable(let reason): "no token could be had: \(reason)"
        case .handlerFailed(let channel, let reason): "a handler of \(channel) failed: \(reason)"
        case .gapDetected(let channel, let expected, let received):
            "\(channel) went on with \(received) where \(expected) was due; it is fetched again"
        case .disconnected(let reason): "disconnected before the server answered: \(reason)"
        case .notConnected: "there is no connection to the server"
        case .outboxFull(let maximum):
            "\(maximum) permission answers wait for the server already; this one was not taken"
        case .refused(let code, let message): "the server refused it: \(message) (\(code))"
        case .protocolBroken(let code, let reason):
            "the server closed for a fault of this client: \(code) \(reason)"
        case .unreadableMessage(let reason): "the server's message cannot be read: \(reason)"
        }
    }
}
