import HTTPClient

/// One WebSocket to `/ws`, for a thread that waits until something arrives.
public final class ClientWebSocket {
    /// What arrived.
    public enum Arrival: Sendable, Equatable {
        case message([UInt8])
        /// The server's close frame; 1005 where it gave no code (RFC 6455 §7.1.5).
        case closed(code: UInt16, reason: String)
        /// The connection ended without one, 1006 in other words.
        case lost
    }

    private static let timeout: Duration = .seconds(10)
    private let exchange: TransportExchange

    /// Connects and upgrades.
    ///
    /// - Parameter origin: `https://HOST[:PORT]`.
    /// - Throws: a refusal before the upgrade as `ClientError.refused`.
    public init(
        origin: String, key: String?, trust: HTTPTrust
    ) throws(ClientError) {
        var request = TransportRequest(url: Self.url(origin), connectTimeout: Self.timeout)
        request.subprotocols = ["switchboard.v1"]
        request.caFile = trust.caFile
        if let key { request.headers = [("x-api-key", key)] }
        exchange = LibWebSocketsTransport.begin(request)
        // The transport's own time-out comes first.
        switch exchange.next(within: Self.timeout * 2) {
        case .opened?: return
        case .failed(let failure)?: throw ClientError(failure)
        case .text?, .closed?, nil: throw .unexpectedAnswer("the handshake did not end")
        }
    }

    deinit { exchange.abandon() }

    /// Sends one text message.
    public func send(_ text: [UInt8]) { exchange.send(text) }

    /// The next message or the end; nil when nothing came within `timeout`.
    ///
    /// Pings are answered.
    public func receive(timeout: Duration) -> Arrival? {
        switch exchange.next(within: timeout) {
        case .text(let text)?: .message(text)
        case .closed(code: 1006, _)?, .failed?: .lost
        case .closed(let code, let reason)?: .closed(code: code, reason: reason)
        case .opened?, nil: nil
        }
    }

    /// Says goodbye; the server's answer is not awaited.
    public func close() { exchange.close(code: 1000, reason: "") }

    private static func url(_ origin: String) -> String {
        let rest = origin.hasPrefix("https://") ? "wss://" + origin.dropFirst(8) : origin
        return rest + "/ws"
    }
}
