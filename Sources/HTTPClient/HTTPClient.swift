import CCurl
import System

/// Sends HTTPS requests one after the other and waits for each answer.
///
/// For one thread at a time, where blocking is right: a command line program, or a thread of its
/// own. Connections are kept for the next request. Redirects are answers, never followed, so that
/// a credential goes nowhere else.
public final class HTTPClient {
    /// Largest body that is taken: 64 MiB.
    public static let maximumBodyBytes = 64 * 1024 * 1024

    private let handle = CurlHandle()
    private let trust: HTTPTrust

    public init(trust: HTTPTrust = HTTPTrust()) {
        self.trust = trust
    }

    /// Sends and blocks until the answer is complete; any status is an answer.
    public func perform(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
        handle.reset()
        trust.apply(to: handle)
        handle.apply(request)
        let (code, received) = handle.perform(maximumBodyBytes: Self.maximumBodyBytes)
        guard code == CURLE_OK else {
            throw HTTPClientError(code, url: request.url, isTooLarge: received.isTooLarge)
        }
        return HTTPResponse(
            status: handle.status, headers: received.headers, body: received.body)
    }
}

/// Whom a client trusts, and how it gets there.
public struct HTTPTrust: Sendable {
    /// Certificates (PEM) to trust instead of the system's.
    public var caFile: String?
    /// Proxies of the environment are for the world outside, not for this machine.
    public var ignoresProxies: Bool

    public init(caFile: String? = nil, ignoresProxies: Bool = false) {
        self.caFile = caFile
        self.ignoresProxies = ignoresProxies
    }

    func apply(to handle: CurlHandle) {
        handle.set(CURLOPT_PROTOCOLS_STR, "https")
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        if let caFile { handle.set(CURLOPT_CAINFO, caFile) }
        if ignoresProxies { handle.set(CURLOPT_PROXY, "") }
    }
}

extension CurlHandle {
    /// Sets what is asked, and how long for; the way there and whom to trust are set apart.
    func apply(_ request: HTTPRequest) {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_TIMEOUT_MS, max(1, request.timeout.inMilliseconds))
        if let body = request.body { setBody(body) }
        set(CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
        // "Expect" would cost a round trip before each larger body.
        setHeaders(["expect:"] + request.headers.map { "\($0.name): \($0.value)" })
    }
}

extension HTTPClientError {
    init(_ code: CURLcode, url: String, isTooLarge: Bool = false) {
        origin = Self.origin(of: url)
        if isTooLarge {
            cause = .tooLarge
            reason = "the answer is larger than \(HTTPClient.maximumBodyBytes) bytes"
            return
        }
        reason = CurlHandle.reason(code)
        cause =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
                .unreachable
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM:
                .tls
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: .failed
            }
    }

    /// What of a URL may be shown: a password could stand before its host.
    package static func origin(of url: String) -> String {
        guard let scheme = url.firstIndex(of: ":"), url[scheme...].hasPrefix("://") else {
            return "an address without a scheme"
        }
        let rest = url[url.index(scheme, offsetBy: 3)...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return "\(url[..<scheme])://\(host)"
    }
}

extension Duration {
    /// Whole milliseconds, as libcurl takes times.
    var inMilliseconds: Int {
        timespec.tv_sec * 1_000 + timespec.tv_nsec / 1_000_000
    }
}
