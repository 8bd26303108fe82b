import Testing
import WebSockets

struct ClientHandshakeTests {
    private let key = "dGhlIHNhbXBsZSBub25jZQ=="

    private func handshake(_ subprotocols: [String] = []) throws -> ClientHandshake {
        try ClientHandshake(
            WebSocketClientRequest(url: "", subprotocols: subprotocols), key: key)
    }

    private func answer() -> ClientHandshake.Answer {
        // The sample of RFC 6455 §1.3.
        ClientHandshake.Answer(
            status: 101, upgrade: "WebSocket", connection: "keep-alive, Upgrade",
            accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `the answer of the RFC is accepted, with or without a subprotocol of ours`() throws {
        #expect(try handshake().check(answer()) == nil)
        #expect(try handshake(["a", "b"]).check(answer()) == nil)
        var chosen = answer()
        chosen.subprotocol = "b"
        #expect(try handshake(["a", "b"]).check(chosen) == "b")
        #expect(throws: WebSocketClientFailure.self) { try handshake(["a"]).check(chosen) }
        #expect(throws: WebSocketClientFailure.self) { try handshake().check(chosen) }
    }

    @Test func `each part of an acceptance must be right`() throws {
        let wrong: [(inout ClientHandshake.Answer) -> Void] = [
            { $0.status = 200 }, { $0.upgrade = nil }, { $0.upgrade = "h2c" },
            { $0.connection = nil }, { $0.connection = "close" }, { $0.accept = nil },
            { $0.accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=" }, { $0.extensions = "x" },
        ]
        for change in wrong {
            var answer = answer()
            change(&answer)
            #expect(throws: WebSocketClientFailure.self) { try handshake().check(answer) }
        }
    }

    @Test(arguments: [
        ("0", Duration.seconds(0)), ("120", .seconds(120)), ("86401", .seconds(86_400)),
        ("-1", nil), ("1.5", nil), ("", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
    ])
    func `Retry-After counts in seconds, a day at most`(text: String, expected: Duration?) throws {
        let answer = ClientHandshake.Answer(status: 503, retryAfter: text)
        let failure = #expect(throws: WebSocketClientFailure.self) { try handshake().check(answer) }
        #expect(failure?.status == 503)
        #expect(failure?.retryAfter == expected)
    }

    @Test(arguments: [
        ("Host", "a"), ("sec-websocket-key", "a"), ("Connection", "close"), ("a b", "c"),
        ("", "c"), ("a", "b\r\nc: d"), ("a", "b\u{0}"),
    ])
    func `a header that breaks the request is refused`(name: String, value: String) {
        let request = WebSocketClientRequest(url: "", headers: [(name, value)])
        #expect(throws: WebSocketClientFailure.self) { try ClientHandshake(request, key: key) }
    }

    @Test(arguments: ["", "a b", "a,b", "a\r\nb: c"])
    func `a subprotocol that is no token is refused`(name: String) {
        #expect(throws: WebSocketClientFailure.self) { try handshake(["good", name]) }
    }
}

struct WebSocketURLTests {
    @Test(arguments: [
        ("ws://a", "a", UInt16(80), "a", "/"), ("wss://a.b/ws?x=1", "a.b", 443, "a.b", "/ws?x=1"),
        ("WSS://a:8443?q", "a", 8443, "a:8443", "/?q"), ("ws://a:80/", "a", 80, "a", "/"),
        ("ws://[::1]:90/x", "::1", 90, "[::1]:90", "/x"), ("ws://[::1]", "::1", 80, "[::1]", "/"),
    ])
    func `a URL is taken apart`(
        text: String, host: String, port: UInt16, authority: String, target: String
    ) throws {
        let url = try WebSocketURL(text)
        #expect(url.isTLS == text.lowercased().hasPrefix("wss"))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.authority == authority)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "", "a", "http://a", "ws://", "ws:///x", "ws://a:", "ws://a:+1", "ws://a:x", "ws://a:99999",
        "ws://a/#x", "ws://a/ b", "ws://u:p@a/", "ws://[::1", "ws://[::1]x/", "wss://[::1]/",
        "ws://a:b:c/", "ws://caf\u{e9}/",
    ])
    func `what is none is refused`(text: String) {
        #expect(throws: WebSocketClientFailure.self) { try WebSocketURL(text) }
    }
}
