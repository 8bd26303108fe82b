import CCurl
import EventLoop

/// What arrives of an answer, in this order: one head, any number of bytes, one end.
public enum HTTPTransferEvent: Sendable {
    /// Header names are in lower case.
    case head(status: Int, headers: [(name: String, value: String)])
    /// A part of the body, as it came, not empty.
    case bytes([UInt8])
    /// The last event: complete where there is no error. Not called after a cancel.
    case ended(HTTPClientError?)
}

/// One request of a ``StreamingHTTPClient`` under way.
public final class HTTPTransfer {
    private let handle: CurlHandle
    private let url: String
    private weak var owner: StreamingHTTPClient?
    private var receive: ((HTTPTransferEvent) -> Void)?
    private var isHeadHandedOn = false
    private var watchdog: IdleWatchdog?
    var isTouched = false
    /// libcurl's word that it is done.
    var result: CURLcode?

    init(
        _ handle: CurlHandle, url: String, owner: StreamingHTTPClient,
        _ receive: @escaping (HTTPTransferEvent) -> Void
    ) {
        self.handle = handle
        self.url = url
        self.owner = owner
        self.receive = receive
    }

    /// Closes the connection at once; nothing is received any more.
    ///
    /// Again is without effect.
    public func cancel() {
        receive = nil
        watchdog = nil
        handle.receiver.arrived = nil
        owner?.remove(handle)
    }

    func watch(_ loop: EventLoop, _ limit: Duration) {
        watchdog = IdleWatchdog(
            loop, limit: limit, sentBytes: { [unowned self] in handle.sentBodyBytes }
        ) { [unowned self] in
            end(.silent(url: url, for: limit))
        }
    }

    /// Calls the receiver with all that is new; it may cancel this or any other transfer.
    func handOn() {
        isTouched = false
        let receiver = handle.receiver
        watchdog?.bytesArrived()
        if receiver.hasHead && !isHeadHandedOn {
            isHeadHandedOn = true
            receive?(.head(status: receiver.status, headers: receiver.headers))
        }
        let bytes = receiver.takeBody()
        if !bytes.isEmpty { receive?(.bytes(bytes)) }
        guard let result else { return }
        end(result == CURLE_OK ? nil : failure(result))
    }

    private func failure(_ code: CURLcode) -> HTTPClientError {
        let proxyStatus = handle.proxyStatus
        return proxyStatus >= 300
            ? .refusedByProxy(url: url, status: proxyStatus)
            : HTTPClientError(code, url: url, isTooLarge: handle.receiver.isTooLarge)
    }

    private func end(_ error: HTTPClientError?) {
        let receive = receive
        cancel()
        receive?(.ended(error))
    }
}

extension HTTPClientError {
    static func silent(url: String, for limit: Duration) -> HTTPClientError {
        HTTPClientError(
            cause: .silent, origin: origin(of: url),
            reason: "no byte was sent or received for \(limit)"
        )
    }

    static func refusedByProxy(url: String, status: Int) -> HTTPClientError {
        HTTPClientError(
            cause: .unreachable, origin: origin(of: url),
            reason: "the proxy answered \(status) to CONNECT")
    }
}
