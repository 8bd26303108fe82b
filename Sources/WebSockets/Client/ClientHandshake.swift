/// What a client adds to its HTTP request to upgrade it, and what the answer must hold
/// (RFC 6455 §4.1).
///
/// Pure.
package struct ClientHandshake: Equatable {
    /// What counts of an answer; absent headers are nil, repeated ones joined by commas.
    package struct Answer: Equatable {
        package var status: Int
        package var upgrade: String?
        package var connection: String?
        package var accept: String?
        package var subprotocol: String?
        package var extensions: String?
        package var retryAfter: String?

        package init(
            status: Int, upgrade: String? = nil, connection: String? = nil, accept: String? = nil,
            subprotocol: String? = nil, extensions: String? = nil, retryAfter: String? = nil
        ) {
            self.status = status
            self.upgrade = upgrade
            self.connection = connection
            self.accept = accept
            self.subprotocol = subprotocol
            self.extensions = extensions
            self.retryAfter = retryAfter
        }
    }

    /// Lines with their ends, to go behind the request line and `Host`.
    package let headerLines: [UInt8]
    private let accept: String
    private let subprotocols: [String]

    /// Those that the handshake itself is made of.
    private static let ownHeaders: Set<String> = [
        "host", "connection", "upgrade", "content-length", "transfer-encoding",
        "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
        "sec-websocket-extensions",
    ]

    /// - Parameter key: of ``AcceptKey/random()``.
    package init(_ request: WebSocketClientRequest, key: String) throws(WebSocketClientFailure) {
        var lines = [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: \(key)",
        ]
        guard request.subprotocols.allSatisfy(RequestHead.isToken) else {
            throw WebSocketClientFailure(reason: "an offered subprotocol is no token of HTTP")
        }
        if !request.subprotocols.isEmpty {
            let offer = request.subprotocols.joined(separator: ", ")
            lines.append("Sec-WebSocket-Protocol: \(offer)")
        }
        for header in request.headers {
            guard RequestHead.isToken(header.name),
                !Self.ownHeaders.contains(header.name.lowercased()),
                header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else {
                throw WebSocketClientFailure(
                    reason:
                        "a header cannot be sent with a handshake: \(header.name.debugDescription)")
            }
            lines.append("\(header.name): \(header.value)")
        }
        headerLines = Array(lines.map { $0 + "\r\n" }.joined().utf8)
        accept = AcceptKey.of(key)
        subprotocols = request.subprotocols
    }

    /// - Returns: the server's choice of subprotocol.
    package func check(_ answer: Answer) throws(WebSocketClientFailure) -> String? {
        guard answer.status == 101 else {
            throw WebSocketClientFailure(
                status: answer.status, retryAfter: Self.seconds(answer.retryAfter),
                reason: "the server answered the handshake with HTTP status \(answer.status)")
        }
        guard answer.upgrade?.lowercased() == "websocket" else { throw Self.broken("Upgrade") }
        let options = (answer.connection ?? "").split(separator: ",")
        guard options.contains(where: { RequestHead.trimmed($0).lowercased() == "upgrade" }) else {
            throw Self.broken("Connection")
        }
        guard answer.accept == accept else { throw Self.broken("Sec-WebSocket-Accept") }
        guard answer.extensions == nil else { throw Self.broken("Sec-WebSocket-Extensions") }
        guard let choice = answer.subprotocol else { return nil }
        guard subprotocols.contains(choice) else { throw Self.broken("Sec-WebSocket-Protocol") }
        return choice
    }

    private static func broken(_ header: String) -> WebSocketClientFailure {
        WebSocketClientFailure(reason: "the server's answer to the handshake has a wrong \(header)")
    }

    /// A day at most, so that nonsense does not silence a client; nil for a date.
    private static func seconds(_ text: String?) -> Duration? {
        guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return .seconds(min(Int(text) ?? .max, 86_400))
    }
}
