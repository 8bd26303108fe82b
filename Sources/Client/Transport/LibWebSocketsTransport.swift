/// The transport of Linux: libwebsockets, with TLS over OpenSSL.
///
/// All connections of a process share one thread with a loop of its own, `websockets`, which starts
/// with the first of them and then stays: libwebsockets' client cannot be had twice (see
/// `WebSocketClient`). Proxies of the environment are not used.
public struct LibWebSocketsTransport: WebSocketTransport {
    public init() {}

    public func open(_ request: TransportRequest) -> any TransportConnection {
        LibWebSocketsConnection(Self.begin(request))
    }

    static func begin(_ request: TransportRequest) -> TransportExchange {
        let exchange = TransportExchange(request) { TransportThread.shared.wake($0) }
        TransportThread.shared.wake(exchange)
        return exchange
    }
}

/// The application's end of a connection.
///
/// The loop's end does not hold it, so that its release is noticed.
private final class LibWebSocketsConnection: TransportConnection {
    private let exchange: TransportExchange

    init(_ exchange: TransportExchange) { self.exchange = exchange }

    deinit { exchange.abandon() }

    func next() async -> TransportEvent? { await exchange.next() }

    func send(_ text: [UInt8]) { exchange.send(text) }

    func close(code: UInt16, reason: String) {
        precondition(
            code == 1000 || (3000...4999).contains(code), "a client may not close with \(code)")
        exchange.close(code: code, reason: reason)
    }
}
