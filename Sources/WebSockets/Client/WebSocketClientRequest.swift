/// What a ``WebSocketClient`` is asked to open.
public struct WebSocketClientRequest: Sendable {
    /// `wss://` or `ws://`.
    public var url: String
    /// Names and values of further headers.
    public var headers: [(name: String, value: String)]
    /// Offered subprotocols, the preferred one first.
    public var subprotocols: [String]
    /// Certificates (PEM) to trust instead of the system's.
    public var caFile: String?
    /// From the call until the upgrade, look-up of the name included.
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

/// Why a connection never opened.
public struct WebSocketClientFailure: Error, Sendable, Equatable {
    /// The server's HTTP status where it refused the upgrade; nil where it gave no valid answer.
    public var status: Int?
    /// The server's `Retry-After`, where it is in seconds.
    public var retryAfter: Duration?
    /// The first 16 KiB of what came with the status.
    public var body: [UInt8] = []
    /// What was tried and why it failed; holds no header of the request.
    public var reason: String

    public init(status: Int? = nil, retryAfter: Duration? = nil, reason: String) {
        self.status = status
        self.retryAfter = retryAfter
        self.reason = reason
    }
}

/// Every way in which a client's connection can end.
public enum WebSocketClientEnd: Sendable, Equatable {
    /// It never opened.
    case failed(WebSocketClientFailure)
    /// It was open, or given up: the code of the close frame, 1005 for one without, 1006 without
    /// one (RFC 6455 §7.1.5), and the reason in it or, after 1006, what is known.
    case closed(code: UInt16, reason: String)
}

/// Gets what happens to one connection, on the loop's thread; may be called within any call on it.
public protocol WebSocketClientDelegate: AnyObject {
    /// The upgrade was accepted; the server's choice of subprotocol.
    func opened(subprotocol: String?)
    /// A whole message of valid UTF-8, within the limit.
    func received(_ text: [UInt8])
    /// Exactly once, and the last call; the delegate is released after it.
    func ended(_ end: WebSocketClientEnd)
}

/// Limits of a ``WebSocketClient``.
public struct WebSocketClientConfiguration: Sendable {
    /// A message over this, over all its fragments, closes with 1009.
    public var maximumMessageBytes: Int
    /// More than this that the socket does not take ends the connection.
    public var maximumOutboundBytes: Int
    /// From sending a close frame until the server must have answered, and from the last word of
    /// both until the socket is closed.
    public var closeTimeout: Duration
    /// At a time, all states together; a further one fails.
    public var maximumConnections: Int

    public init(
        maximumMessageBytes: Int, maximumOutboundBytes: Int, closeTimeout: Duration,
        maximumConnections: Int = 1_000
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumOutboundBytes = maximumOutboundBytes
        self.closeTimeout = closeTimeout
        self.maximumConnections = maximumConnections
    }
}
