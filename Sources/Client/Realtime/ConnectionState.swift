/// What a client's connection is doing, told each time it changes.
public struct ConnectionState: Sendable, Equatable {
    public enum Phase: String, Sendable, CaseIterable {
        /// Before `connect`, after `disconnect`, and where coming back is of no use.
        case disconnected
        /// On the way to the first greeting of the server.
        case connecting
        /// The server has greeted.
        case connected
        /// Lost after it was connected, on the way back.
        case reconnecting
    }

    /// Why there is no connection.
    public enum Reason: String, Sendable, CaseIterable {
        // On the way back.
        /// It was open and ended.
        case lost
        /// The handshake did not come to be.
        case unreachable
        /// The server did not greet in time.
        case timeout
        /// The program's token could not be had.
        case tokenUnavailable = "token_unavailable"

        // Disconnected.
        /// `disconnect` was called.
        case requested
        /// The credential has expired or was revoked: sign in again.
        case signedOut = "signed_out"
        /// The team or the permission was withdrawn.
        case forbidden
        /// The handshake was refused: there is no valid credential.
        case refused
    }

    public var phase: Phase
    public var previous: Phase
    /// Nil before the first connection has failed, and where there is one.
    public var reason: Reason?
    /// The close code that led here.
    public var code: UInt16?
    /// What is known about the end of the last connection, for people.
    public var message: String?
    /// Of a handshake that did not come to be.
    public var failure: TransportFailure?
    /// Until the next attempt.
    public var retryIn: Duration?
    /// Attempts and losses since the last stable connection, this one counted.
    public var attempt: Int?

    public init(
        _ phase: Phase, previous: Phase, reason: Reason? = nil, code: UInt16? = nil,
        message: String? = nil, failure: TransportFailure? = nil, retryIn: Duration? = nil,
        attempt: Int? = nil
    ) {
        self.phase = phase
        self.previous = previous
        self.reason = reason
        self.code = code
        self.message = message
        self.failure = failure
        self.retryIn = retryIn
        self.attempt = attempt
    }
}
