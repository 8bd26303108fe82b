/// `ws://` or `wss://`, taken apart (RFC 6455 §3); parsed strictly, for it ends up in a request.
package struct WebSocketURL: Equatable {
    /// What libwebsockets composes of it in buffers of a fixed size: longer ones it would cut.
    static let maximumAuthorityBytes = 110
    static let maximumTargetBytes = 1_900

    package let isTLS: Bool
    /// Without the brackets of an IPv6 address.
    package let host: String
    package let port: UInt16
    /// For the `Host` header: with brackets, and the port unless it is the scheme's own.
    package let authority: String
    /// Path and query.
    package let target: String

    package init(_ text: String) throws(WebSocketClientFailure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !text.contains("#") else {
            throw Self.failure(text, "it has characters that no URL has, or a fragment")
        }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        switch parts[0].lowercased() {
        case "ws": isTLS = false
        case "wss": isTLS = true
        default: throw Self.failure(text, "its scheme is neither wss nor ws")
        }
        let rest = parts.count > 1 ? parts[1] : ""
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let named = rest[..<end]
        let (host, port) = try Self.hostAndPort(named, of: text)
        self.host = host
        self.port = port ?? (isTLS ? 443 : 80)
        let bracketed = host.contains(":") ? "[\(host)]" : host
        authority = self.port == (isTLS ? 443 : 80) ? bracketed : "\(bracketed):\(self.port)"
        target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        guard authority.utf8.count <= Self.maximumAuthorityBytes,
            target.utf8.count <= Self.maximumTargetBytes
        else { throw Self.failure(text, "it is too long") }
        // libwebsockets verifies a certificate against the name up to the first colon.
        guard !isTLS || !host.contains(":") else {
            throw Self.failure(text, "TLS to an IPv6 address needs a host name")
        }
    }

    private static func hostAndPort(
        _ authority: Substring, of text: String
    ) throws(WebSocketClientFailure) -> (host: String, port: UInt16?) {
        var host = authority
        var port: Substring?
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            let after = host[host.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw failure(text, "no host") }
            port = after.isEmpty ? nil : after.dropFirst()
            host = host[..<end].dropFirst()
        } else if let colon = host.firstIndex(of: ":") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        let isName = host.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
            case 0x3a: authority.hasPrefix("[")
            default: false
            }
        }
        guard isName, !host.isEmpty else { throw failure(text, "no host that can be looked up") }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0, port.utf8.first != 0x2b else {
            throw failure(text, "its port is no number from 1 to 65535")
        }
        return (String(host), number)
    }

    private static func failure(_ text: String, _ why: String) -> WebSocketClientFailure {
        WebSocketClientFailure(reason: "\(text.prefix(200)) cannot be connected to: \(why)")
    }
}
