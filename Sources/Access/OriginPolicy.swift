/// Which web pages may open a WebSocket or write over REST in a visitor's name.
///
/// A browser sends a page's origin (RFC 6454 §7); other clients usually send none.
public struct OriginPolicy: Sendable {
    private let allowed: Set<String>

    /// - Parameter allowedOrigins: each `scheme://host[:port]`, besides the request's own.
    public init(allowedOrigins: [String]) {
        allowed = Set(allowedOrigins.map(Self.normalised))
    }

    /// Whether a page of `origin` may act on the server that the request calls `host`.
    ///
    /// The own origin is `https://` and the host; plain `http://` counts on this machine only.
    public func allows(origin: String, host: String?) -> Bool {
        let origin = Self.normalised(origin)
        if allowed.contains(origin) { return true }
        guard let host, !host.isEmpty else { return false }
        if origin == Self.normalised("https://\(host)") { return true }
        return Self.isLoopback(host) && origin == Self.normalised("http://\(host)")
    }

    /// The rules for a WebSocket handshake: any origin that is sent must be allowed, and a cookie
    /// needs one.
    public func check(
        origin: String?, host: String?, source: CredentialSource?
    ) throws(AccessError) {
        if let origin {
            guard allows(origin: origin, host: host) else { throw .foreignOrigin }
        } else if source == .cookie {
            throw .cookieWithoutOrigin
        }
    }

    /// Lower case, without the scheme's own port.
    private static func normalised(_ origin: String) -> String {
        let lowered = origin.lowercased()
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")]
        where lowered.hasPrefix(scheme) && lowered.hasSuffix(port) {
            return String(lowered.dropLast(port.count))
        }
        return lowered
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        return ["localhost", "127.0.0.1", "[::1]"].contains {
            name == $0 || name.hasPrefix("\($0):")
        }
    }
}
