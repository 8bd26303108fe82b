/// One complete message of a client, put together over its fragments.
public enum InboundMessage: Sendable, Equatable {
    /// Valid UTF-8.
    case text([UInt8])
    case binary([UInt8])
}

/// What becomes of a request.
public enum HandshakeDecision {
    /// Upgrade. `subprotocol` is echoed, and must be one that the client offered (RFC 6455 §4.2.2);
    /// `state` becomes the connection's.
    case accept(subprotocol: String?, state: AnyObject?)
    /// Answer over HTTP and close.
    case refuse(HTTPRefusal)
    /// The closure is called once and is given what to call with the decision, on the loop's thread;
    /// until then, the handshake's time-out at most, the client waits.
    case later((_ decide: @escaping (HandshakeDecision) -> Void) -> Void)
}

/// A complete HTTP answer in place of an upgrade; `Content-Length` and `Connection: close` are added.
public struct HTTPRefusal: Sendable, Equatable {
    public var status: Int
    public var reason: String
    /// Names and values; neither may contain line breaks.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        status: Int, reason: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
    }

    public static func == (left: HTTPRefusal, right: HTTPRefusal) -> Bool {
        left.status == right.status && left.reason == right.reason && left.body == right.body
            && left.headers.elementsEqual(right.headers, by: ==)
    }
}

/// Every way in which an open connection can end.
public enum ConnectionEnd: Sendable, Equatable {
    /// The client sent its close frame first; nil when that named no code.
    case closedByPeer(code: UInt16?)
    /// The server closed it: ``WebSocketConnection/close(code:reason:)``, or the code of a violation.
    case closedByServer(code: UInt16)
    /// The transport ended without a close frame, or a write to it failed.
    case lost
    /// The whole server was closed.
    case serverClosed
}

/// Takes the decisions of a ``WebSocketServer``.
///
/// Every call comes on the loop's thread.
public protocol WebSocketServerDelegate: AnyObject {
    /// Decides about a well-formed HTTP request, whether or not it asks for an upgrade, on any path.
    func decide(_ request: HandshakeRequest) -> HandshakeDecision
    /// The answer to what is no HTTP request that this server reads.
    func refusal(of malformed: MalformedRequest) -> HTTPRefusal
    /// For a client who is refused before anything of it is read: no descriptor is left.
    func refusalWithoutDescriptors() -> HTTPRefusal
    /// The upgrade was answered; from here on the connection can be written to.
    func opened(_ connection: WebSocketConnection)
    /// A complete message. What breaks the protocol, UTF-8 or the limit never gets here.
    func received(_ message: InboundMessage, on connection: WebSocketConnection)
    /// Any complete frame came in, also ping and pong: the client lives. Before ``received(_:on:)``.
    func receivedFrame(on connection: WebSocketConnection)
    /// A connection that was choked, or asked by `requestWritable`, takes writes again.
    func becameWritable(_ connection: WebSocketConnection)
    /// The connection is gone; exactly once after each `opened`.
    func closed(_ connection: WebSocketConnection, _ end: ConnectionEnd)
}
