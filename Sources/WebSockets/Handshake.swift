/// Turns the bytes before an upgrade into a request, and decisions into answers.
///
/// Pure.
package enum Handshake {
    /// A well-formed request, with the key to answer if it is an upgrade.
    package struct Parsed: Equatable {
        package let request: HandshakeRequest
        package let key: String
    }

    package static func parse(_ head: ArraySlice<UInt8>) throws(MalformedRequest) -> Parsed {
        let head = try RequestHead(parsing: head)
        let key = try head.unique("sec-websocket-key")
        let target = head.target.split(separator: "?", maxSplits: 1)
        let hasQuery = head.target.contains("?")
        // An empty one says nothing.
        let cookies = head.all("cookie").filter { !$0.isEmpty }
        let request = HandshakeRequest(
            method: head.method,
            path: head.target.hasPrefix("?") ? "" : String(target.first ?? ""),
            query: hasQuery ? String(head.target.drop { $0 != "?" }.dropFirst()) : nil,
            isUpgrade: try isUpgrade(head, key), host: try head.unique("host"),
            origin: try head.unique("origin"),
            cookie: cookies.isEmpty ? nil : cookies.joined(separator: "; "),
            authorization: try head.unique("authorization"),
            apiKey: try head.unique("x-api-key"), requestID: try head.unique("x-request-id"),
            forwardedFor: try head.unique("x-real-ip"),
            subprotocols: head.list("sec-websocket-protocol"))
        return Parsed(request: request, key: key ?? "")
    }

    /// RFC 6455 §4.2.1: a request that wants an upgrade but gets it wrong is malformed.
    private static func isUpgrade(
        _ head: RequestHead, _ key: String?
    ) throws(MalformedRequest) -> Bool {
        let wanted = head.list("upgrade").contains { $0.lowercased() == "websocket" }
        let connected = head.list("connection").contains { $0.lowercased() == "upgrade" }
        guard wanted, connected, head.method == "GET", head.isHTTP11 else { return false }
        guard let version = try head.unique("sec-websocket-version"), version == "13" else {
            throw .unsupportedVersion
        }
        guard let key, isKey(key), try head.unique("host") != nil else {
            throw .notHTTP("Sec-WebSocket-Key or Host")
        }
        guard head.all("content-length").isEmpty, head.all("transfer-encoding").isEmpty else {
            throw .notHTTP("upgrade with a body")
        }
        return true
    }

    /// Base64 of 16 bytes: 22 characters and two `=`.
    private static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && key.hasSuffix("==")
            && key.utf8.dropLast(2).allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2f: true
                default: false
                }
            }
    }

    /// The 101 answer, RFC 6455 §4.2.2.
    package static func acceptance(of key: String, subprotocol: String?) -> [UInt8] {
        var head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        head += "Connection: Upgrade\r\nSec-WebSocket-Accept: \(AcceptKey.of(key))\r\n"
        if let subprotocol { head += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return Array((head + "\r\n").utf8)
    }

    package static func response(_ refusal: HTTPRefusal, withBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(refusal.status) \(refusal.reason)\r\n"
        for (name, value) in refusal.headers {
            precondition(
                !(name + value).utf8.contains { $0 == 0x0d || $0 == 0x0a },
                "a header of an answer must not contain a line break")
            head += "\(name): \(value)\r\n"
        }
        head += "Content-Length: \(refusal.body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + (withBody ? refusal.body : [])
    }
}
