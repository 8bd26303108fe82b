/// Why the server ends a WebSocket, and what the client should do next (RFC 6455 §7.4).
///
/// The ranges carry the client's duty: 40xx reconnects, 41xx must not before something changed.
public enum CloseCode: UInt16, Sendable, CaseIterable {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case notUTF8 = 1007
    case frameTooLarge = 1009
    case restart = 1012
    case heartbeatTimeout = 4001
    case tooSlow = 4002
    case tooManyCommands = 4008
    case credentialEnded = 4101
    case permissionWithdrawn = 4103

    /// What a client must do after this code.
    public enum Duty: String, Sendable {
        /// Only if it still wants the connection.
        case reconnectIfWanted
        /// After a short random delay.
        case reconnectSoon
        /// With exponential back-off and jitter.
        case reconnectWithBackoff
        /// Not before the person signed in again.
        case signInFirst
        case doNotReconnect
    }

    public var duty: Duty {
        switch self {
        case .normal, .goingAway: .reconnectIfWanted
        case .restart, .heartbeatTimeout, .tooSlow: .reconnectSoon
        case .protocolError, .notUTF8, .frameTooLarge, .tooManyCommands: .reconnectWithBackoff
        case .credentialEnded: .signInFirst
        case .permissionWithdrawn: .doNotReconnect
        }
    }

    /// The reason phrase of the close frame: at most 123 bytes of UTF-8.
    public var reason: String {
        switch self {
        case .normal: "closed normally"
        case .goingAway: "going away"
        case .protocolError: "protocol error"
        case .notUTF8: "text is not UTF-8"
        case .frameTooLarge: "message over the size limit"
        case .restart: "server restarts, reconnect"
        case .heartbeatTimeout: "no frame within the heartbeat timeout"
        case .tooSlow: "outbound queue over its limit, resume from your offset"
        case .tooManyCommands: "too many commands"
        case .credentialEnded: "credential expired or revoked"
        case .permissionWithdrawn: "team or permission withdrawn"
        }
    }
}
