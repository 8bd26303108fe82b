import CCurl

/// The way to a server: straight, or over a proxy.
///
/// Its address may hold a password, so that no text of this type shows it.
public struct HTTPProxy: Sendable, Equatable {
    private let address: String
    /// libcurl's list of hosts that are reached straight (`CURLOPT_NOPROXY`).
    private let exceptions: String

    /// Straight.
    public static let none = HTTPProxy(address: "", exceptions: "")

    /// What the environment says about this URL, by curl's rules.
    ///
    /// `https_proxy` or `HTTPS_PROXY` for https, `http_proxy` in lower case only for http (CGI sets
    /// the other from a header), else `all_proxy` or `ALL_PROXY`; `no_proxy` or `NO_PROXY` lists
    /// hosts to reach straight. This machine itself is always reached straight.
    public static func of(_ environment: [String: String], for url: String) -> HTTPProxy {
        let isTLS = url.lowercased().hasPrefix("https:")
        let names = isTLS ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        let address = (names + ["all_proxy", "ALL_PROXY"]).lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        guard let address, !isLoopback(url) else { return .none }
        let exceptions = ["no_proxy", "NO_PROXY"].lazy.compactMap { environment[$0] }.first
        return HTTPProxy(address: address, exceptions: exceptions ?? "")
    }

    /// Both are always set: otherwise libcurl would read the process's environment itself.
    func apply(to handle: CurlHandle) {
        handle.set(CURLOPT_PROXY, address)
        handle.set(CURLOPT_NOPROXY, exceptions)
    }

    private static func isLoopback(_ url: String) -> Bool {
        let authority = HTTPClientError.origin(of: url).split(separator: "/").last ?? ""
        if authority.hasPrefix("[::1]") { return true }
        let host = authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasPrefix("127.")
    }
}

extension HTTPProxy: CustomStringConvertible {
    public var description: String { address.isEmpty ? "no proxy" : "a proxy" }
}
