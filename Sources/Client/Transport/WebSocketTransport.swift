/// Opens WebSockets for a client: the one thing about it that differs between platforms.
///
/// On Linux ``LibWebSocketsTransport``; an Apple platform may put `URLSessionWebSocketTask` here,
/// and tests a server of their own. Calls come from any thread and never wait.
public protocol WebSocketTransport: Sendable {
    /// Begins to open a connection, and returns at once; what becomes of it are its events, also
    /// where the request itself cannot work.
    func open(_ request: TransportRequest) -> any TransportConnection
}

/// One WebSocket, from the first look-up of its host's name to its end.
///
/// Every call is safe from any thread and at any moment, also after the end. Releasing the last
/// reference abandons the connection: it is closed with 1001, as soon as may be, and nobody is told.
public protocol TransportConnection: AnyObject, Sendable {
    /// Waits for the next event, in the order of their happening.
    ///
    /// For one caller at a time. What is not asked for stays in the network: a slow caller slows
    /// the server down and costs at most ``TransportLimits/maximumInboundQueueBytes`` here.
    /// - Returns: nil after the end was returned, and where the calling task is cancelled, which
    ///   also abandons the connection.
    func next() async -> TransportEvent?

    /// Sends one text message, in the order of the calls.
    ///
    /// Taken does not mean arrived: what was sent shortly before an end may be lost. Before
    /// ``TransportEvent/opened(subprotocol:)`` and after the end nothing is sent. More than
    /// ``TransportLimits/maximumOutboundQueueBytes`` unsent ends the connection with 1006.
    /// - Parameter text: UTF-8.
    func send(_ text: [UInt8])

    /// Ends the connection: no text comes any more, only `closed`.
    ///
    /// It carries this code and reason, unless the server closed first. It comes when the server
    /// has answered the close frame, but at most ``TransportLimits/closeTimeout`` later, and at once
    /// where nothing was open. Only the first call counts.
    /// - Parameters:
    ///   - code: 1000 or 3000 to 4999 (RFC 6455 §7.4).
    ///   - reason: cut to 123 bytes.
    func close(code: UInt16, reason: String)
}

/// What to open.
public struct TransportRequest: Sendable {
    /// `wss://HOST[:PORT]/PATH[?QUERY]`; `ws` for tests on loopback, for it protects nothing.
    public var url: String
    /// Further headers of the handshake, such as `x-api-key`.
    public var headers: [(name: String, value: String)]
    /// Offered subprotocols (RFC 6455 §1.9), the preferred one first.
    public var subprotocols: [String]
    /// Trusts only the authorities in this PEM file, in place of the system's.
    public var caFile: String?
    /// From the call until the handshake is complete.
    public var connectTimeout: Duration

    public init(
        url: String, headers: [(name: String, value: String)] = [], subprotocols: [String] = [],
        caFile: String? = nil, connectTimeout: Duration = .seconds(10)
    ) {
        self.url = url
        self.headers = headers
        self.subprotocols = subprotocols
        self.caFile = caFile
        self.connectTimeout = connectTimeout
    }
}

/// What happens to a connection: either `failed`, or `opened`, any number of texts, and `closed`.
///
/// Only a connection that was given up by ``TransportConnection/close(code:reason:)`` is `closed`
/// without having been `opened`. Nothing comes after `failed` and `closed`.
public enum TransportEvent: Sendable, Equatable {
    /// The handshake is complete; the server chose this subprotocol, or none.
    case opened(subprotocol: String?)
    /// A whole text message, valid UTF-8; pings are answered unseen.
    case text([UInt8])
    /// Over, with the code of the close frame: 1005 where it has none, 1006 where the connection
    /// ended without one (RFC 6455 §7.1.5); the reason is then what is known about the end.
    case closed(code: UInt16, reason: String)
    /// It was never open.
    case failed(TransportFailure)
}

/// Why a handshake did not come to be.
public struct TransportFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server's HTTP status in place of 101; nil where it gave none, or a platform hides it.
    public var httpStatus: Int?
    /// The server's `Retry-After`, where it is in seconds (RFC 9110 §10.2.3).
    public var retryAfter: Duration?
    /// The beginning of what came with the status, such as the server's own error as JSON; empty
    /// where a platform hides it.
    public var body: [UInt8]
    /// What was tried and why it failed, for people; holds no header of the request.
    public var description: String

    public init(
        httpStatus: Int? = nil, retryAfter: Duration? = nil, body: [UInt8] = [],
        description: String
    ) {
        self.httpStatus = httpStatus
        self.retryAfter = retryAfter
        self.body = body
        self.description = description
    }
}

/// What every transport holds on to.
public enum TransportLimits {
    /// 8 MiB: eight times what the server queues for a client, so that it sends nothing larger; a
    /// larger message, over all its fragments, ends the connection with 1009.
    public static let maximumMessageBytes = 8 * 1024 * 1024
    /// 1 MiB of texts that nobody asked for yet, and the one that goes beyond it; then the socket
    /// is not read.
    public static let maximumInboundQueueBytes = 1024 * 1024
    /// 1 MiB: thousands of commands; a server that takes none of them any more is as good as gone.
    public static let maximumOutboundQueueBytes = 1024 * 1024
    /// 2 s for the server's answer to a close frame: a round trip, also a bad one.
    public static let closeTimeout: Duration = .seconds(2)
}
