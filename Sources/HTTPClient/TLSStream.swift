import CCurl
import Glibc

/// A byte stream over TLS with libcurl's verification of the certificate, for protocols that
/// begin as HTTP and go on as something else, as WebSocket does (`CURLOPT_CONNECT_ONLY`).
///
/// For one thread at a time; calls block up to the time given.
public final class TLSStream {
    private let handle = CurlHandle()
    private let origin: String

    /// Connects and shakes hands.
    ///
    /// `origin` is `https://HOST[:PORT]`.
    public init(
        origin: String, trust: HTTPTrust, timeout: Duration
    ) throws(HTTPClientError) {
        self.origin = origin
        handle.reset()
        trust.apply(to: handle)
        handle.set(CURLOPT_URL, origin)
        handle.set(CURLOPT_CONNECT_ONLY, 1)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeout.inMilliseconds))
        // The protocol after the handshake is HTTP/1.1: WebSockets over HTTP/2 are something else.
        handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        let (code, _) = handle.perform(maximumBodyBytes: 0)
        guard code == CURLE_OK else { throw HTTPClientError(code, url: origin) }
    }

    /// Sends everything; throws where the other side takes nothing for `timeout`.
    public func send(_ bytes: [UInt8], timeout: Duration) throws(HTTPClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let (code, count) = handle.send(rest)
            rest = rest.dropFirst(count)
            if code == CURLE_AGAIN {
                guard wait(for: Int16(POLLOUT), timeout) else {
                    throw HTTPClientError(CURLE_OPERATION_TIMEDOUT, url: origin)
                }
            } else if code != CURLE_OK {
                throw HTTPClientError(code, url: origin)
            }
        }
    }

    /// What has arrived, at most 64 KiB: nil when nothing came within `timeout`, empty at the end.
    public func receive(timeout: Duration) throws(HTTPClientError) -> [UInt8]? {
        while true {
            let (code, bytes) = handle.receive(atMost: 65_536)
            if code == CURLE_OK { return bytes }
            guard code == CURLE_AGAIN else { throw HTTPClientError(code, url: origin) }
            guard wait(for: Int16(POLLIN), timeout) else { return nil }
        }
    }

    /// False when the time is over, or a signal came.
    private func wait(for events: Int16, _ timeout: Duration) -> Bool {
        var entry = pollfd(fd: handle.socket, events: events, revents: 0)
        return unsafe poll(&entry, 1, Int32(clamping: timeout.inMilliseconds)) > 0
    }
}
