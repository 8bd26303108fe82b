import CCurl
import EventLoop

/// Sends HTTP requests on an event loop and hands on each answer while it arrives.
///
/// Confined to the loop's thread. Each request has a connection of its own while it lasts
/// (HTTP/1.1), so that cancelling one closes a socket and touches no other; idle connections are
/// kept. Redirects are answers, never followed, so that a credential goes nowhere else. The number
/// of requests at a time is for the caller to limit. SIGPIPE must be ignored in the process.
public final class StreamingHTTPClient {
    private let loop: EventLoop
    private let trust: HTTPTrust
    private let connectTimeout: Duration
    private var multi: CurlMulti?
    private var transfers: [ObjectIdentifier: HTTPTransfer] = [:]
    /// Those with something to hand on when libcurl has returned.
    private var touched: [HTTPTransfer] = []

    /// `connectTimeout` covers name, connection, proxy and TLS.
    public init(
        loop: EventLoop, trust: HTTPTrust = HTTPTrust(), connectTimeout: Duration = .seconds(15)
    ) {
        self.loop = loop
        self.trust = trust
        self.connectTimeout = connectTimeout
        multi = CurlMulti(loop: loop) { [unowned self] done in settle(done) }
    }

    deinit {
        for transfer in transfers.values { transfer.cancel() }
    }

    /// Starts a request and calls `receive` on the loop, first in a later iteration.
    ///
    /// The transfer goes on without being held; ``HTTPTransfer/cancel()`` ends it. It fails as
    /// `.silent` when no byte was sent or received for `idleTimeout`, and as `.timedOut` when the
    /// request's own time-out is over.
    public func start(
        _ request: HTTPRequest, proxy: HTTPProxy = .none, idleTimeout: Duration,
        _ receive: @escaping (HTTPTransferEvent) -> Void
    ) -> HTTPTransfer {
        let handle = CurlHandle()
        handle.reset()
        trust.apply(to: handle)
        proxy.apply(to: handle)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Unpacks what comes packed; whether to ask for it is the request's own header.
        handle.set(CURLOPT_ACCEPT_ENCODING, "")
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.inMilliseconds))
        handle.closeSocketsOnExec()
        handle.apply(request)
        handle.attachReceiver(maximumBodyBytes: HTTPClient.maximumBodyBytes)
        let transfer = HTTPTransfer(handle, url: request.url, owner: self, receive)
        handle.receiver.arrived = { [unowned self, unowned transfer] in touch(transfer) }
        transfers[ObjectIdentifier(handle)] = transfer
        transfer.watch(loop, idleTimeout)
        multi?.add(handle)
        return transfer
    }

    /// Requests under way.
    public var transferCount: Int { transfers.count }

    func remove(_ handle: CurlHandle) {
        guard transfers.removeValue(forKey: ObjectIdentifier(handle)) != nil else { return }
        multi?.remove(handle)
    }

    private func touch(_ transfer: HTTPTransfer) {
        guard !transfer.isTouched else { return }
        transfer.isTouched = true
        touched.append(transfer)
    }

    private func settle(_ done: [(handle: CurlHandle, code: CURLcode)]) {
        for (handle, code) in done {
            guard let transfer = transfers[ObjectIdentifier(handle)] else { continue }
            transfer.result = code
            touch(transfer)
        }
        let batch = touched
        touched = []
        for transfer in batch { transfer.handOn() }
    }
}
