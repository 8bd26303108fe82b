/// Limits of a ``WebSocketServer``.
public struct WebSocketServerConfiguration: Sendable {
    /// A message over this, over all its fragments, closes with 1009.
    public var maximumMessageBytes: Int
    /// Sockets, handshakes included; further clients wait in the backlog of the listening socket.
    public var maximumSockets: Int
    /// A request head over this is refused.
    public var maximumHeadBytes: Int
    /// From accepting a socket until its request must be complete.
    public var handshakeTimeout: Duration
    /// From handing a close frame, or an HTTP answer, to the kernel until the socket is closed
    /// without more ado.
    public var closeTimeout: Duration
    /// How long a slow reader's close frame may wait behind what is buffered before it.
    public var flushTimeout: Duration

    public init(
        maximumMessageBytes: Int = 16 * 1024, maximumSockets: Int = 10_000,
        maximumHeadBytes: Int = 16 * 1024, handshakeTimeout: Duration = .seconds(5),
        closeTimeout: Duration = .seconds(2), flushTimeout: Duration = .seconds(10)
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumSockets = maximumSockets
        self.maximumHeadBytes = maximumHeadBytes
        self.handshakeTimeout = handshakeTimeout
        self.closeTimeout = closeTimeout
        self.flushTimeout = flushTimeout
    }
}
