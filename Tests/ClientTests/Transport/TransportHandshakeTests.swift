import Client
import Glibc
import System
import Testing

/// How a connection comes to be, or not, against servers of our own script.
struct TransportHandshakeTests {
    private let transport = LibWebSocketsTransport()

    @Test func `the request carries headers and subprotocols, and offers no extension`()
        async throws
    {
        let server = try ScriptedServer { peer in
            let head = try peer.upgrade("Sec-WebSocket-Protocol: switchboard.v1\r\n")
            try peer.send(closeFrame(1000))
            try peer.end()
            return head
        }
        var request = TransportRequest(url: "ws://127.0.0.1:\(server.port)/ws?a=b")
        request.headers = [("x-api-key", "k1"), ("Authorization", "Bearer t")]
        request.subprotocols = ["switchboard.v1", "bearer.t-0_~"]
        let connection = transport.open(request)
        #expect(
            try await connection.next(within: patience)
                == .opened(subprotocol: "switchboard.v1"))
        var lines = try await server.outcome().split(separator: "\r\n").map(String.init)
        lines.removeAll { $0.hasPrefix("Sec-WebSocket-Key: ") && $0.utf8.count == 19 + 24 }
        #expect(
            lines == [
                "GET /ws?a=b HTTP/1.1", "Pragma: no-cache", "Cache-Control: no-cache",
                "Host: 127.0.0.1:\(server.port)", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: switchboard.v1, bearer.t-0_~", "x-api-key: k1",
                "Authorization: Bearer t",
            ])
    }

    @Test func `a frame right behind the answer is not lost`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade(behind: serverFrame(1, Array("hi".utf8)))
            try peer.end()
        }
        let connection = transport.open(server.url)
        #expect(try await connection.next(within: patience) == .opened(subprotocol: nil))
        #expect(try await connection.next(within: patience) == .text("hi"))
    }

    @Test func `an answer in single bytes opens as well`() async throws {
        let server = try ScriptedServer { peer in
            var isOn: Int32 = 1
            unsafe setsockopt(peer.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, 4)
            let answer = RawPeer.acceptance(of: try peer.head())
            for byte in Array(answer.utf8) + serverFrame(1, [0x61]) { try peer.send([byte]) }
            try peer.end()
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        #expect(try await connection.next(within: patience) == .text("a"))
    }

    @Test(arguments: [
        ("401 Unauthorized", "", 401, nil), ("403 Forbidden", "", 403, nil),
        ("503 Service Unavailable", "Retry-After: 7\r\n", 503, Duration.seconds(7)),
        ("503 Busy", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", 503, nil),
        ("429 Slow", "retry-after:  99999999999999999999 \r\n", 429, .seconds(86_400)),
        ("302 Found", "Location: /elsewhere\r\n", 302, nil), ("200 OK", "", 200, nil),
    ])
    func `a refusal is told by its status and Retry-After`(
        line: String, header: String, status: Int, retryAfter: Duration?
    ) async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.head()
            try peer.send("HTTP/1.1 \(line)\r\nContent-Length: 2\r\n\(header)\r\nno")
            try peer.end()
        }
        let events = try await transport.open(server.url).events()
        #expect(events.count == 1)
        #expect(events.first?.failure?.httpStatus == status)
        #expect(events.first?.failure?.retryAfter == retryAfter)
        #expect(events.first?.failure?.body == Array("no".utf8))
        try await server.outcome()
    }

    @Test func `of a refusal without an end the beginning is told`() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.head()
            try peer.send("HTTP/1.1 500 Broken\r\n\r\n")
            for _ in 0..<100 { try peer.send([UInt8](repeating: 0x61, count: 1_000)) }
            try peer.end()
        }
        let failure = try await transport.open(server.url).events().first?.failure
        #expect(failure?.httpStatus == 500)
        #expect(failure?.body == [UInt8](repeating: 0x61, count: 16 * 1024))
    }

    @Test func `a refusal whose body never comes is told in time`() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.head()
            try peer.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nhalf")
            try peer.end()
        }
        var request = TransportRequest(url: server.url)
        request.connectTimeout = .seconds(2)
        let failure = try await transport.open(request).events().first?.failure
        #expect(failure?.httpStatus == 502)
        #expect(failure?.body == Array("half".utf8))
    }

    @Test(arguments: [
        "Sec-WebSocket-Protocol: other\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        "Sec-WebSocket-Accept: again\r\n", "Upgrade: h2c\r\n",
    ])
    func `an acceptance of something else fails`(header: String) async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade(header)
            try peer.end()
        }
        let events = try await transport.open(server.url).events()
        #expect(events.count == 1)
        #expect(events.first?.failure?.description.contains("wrong") == true, "\(events)")
        #expect(events.first?.failure?.httpStatus == nil)
        try await server.outcome()
    }

    @Test(arguments: ["", "HTTP/1.1 1", "SSH-2.0-OpenSSH_9.2\r\n"])
    func `no answer to speak of fails when the server hangs up`(answer: String) async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.head()
            try peer.send(answer)
            shutdown(peer.descriptor, Int32(SHUT_WR))
        }
        let events = try await transport.open(server.url).events()
        #expect(events.count == 1)
        #expect(events.first?.failure != nil)
    }

    @Test func `a port that nobody listens on fails at once`() async throws {
        let port = try LoopbackListener.unusedPort()
        let events = try await transport.open("ws://127.0.0.1:\(port)/ws").events()
        let failure = try #require(events.first?.failure)
        #expect(failure.httpStatus == nil)
        #expect(failure.description.contains("127.0.0.1:\(port)"))
    }

    @Test func `a name is looked up, and its next address tried`() async throws {
        // Of localhost's addresses only the one of IPv4 is listened on.
        let server = try ScriptedServer { peer in try peer.upgrade() }
        let connection = transport.open("ws://localhost:\(server.port)/ws")
        try await connection.opened()
        #expect(try await server.outcome().contains("\r\nHost: localhost:\(server.port)\r\n"))
    }

    @Test func `a name that does not exist fails`() async throws {
        let events = try await transport.open("ws://no-such-host.invalid/ws").events(
            within: patience)
        let description = events.first?.failure?.description ?? ""
        #expect(description.contains("looked up"), "\(description)")
    }

    @Test func `a listener that never answers fails in time`() async throws {
        let listener = try LoopbackListener.any()
        defer { listener.close() }
        var request = TransportRequest(url: "ws://127.0.0.1:\(listener.address.port)/ws")
        request.connectTimeout = .milliseconds(200)
        let clock = ContinuousClock()
        let start = clock.now
        let events = try await transport.open(request).events()
        #expect(clock.now - start >= .milliseconds(200))
        #expect(events.first?.failure?.description.contains("within 0.2 seconds") == true)
    }

    @Test func `a listener whose queue is full fails in time`() async throws {
        let listener = try LoopbackListener.any(backlog: 0)
        defer { listener.close() }
        var request = TransportRequest(url: "ws://127.0.0.1:\(listener.address.port)/ws")
        request.connectTimeout = .milliseconds(300)
        let connections = (0..<4).map { _ in transport.open(request) }
        for connection in connections {
            #expect(try await connection.events().first?.failure != nil)
        }
    }

    @Test(arguments: [
        "", "https://a/ws", "ws:/a", "ws://", "ws://:80/", "ws://a:0/", "ws://a:65536/",
        "ws://a b/", "ws://a/\r\nx: y", "ws://user@a/", "ws://a/#f", "wss://[::1]/ws",
        "ws://\(String(repeating: "a", count: 111))/",
    ])
    func `a URL that cannot be meant fails`(url: String) async throws {
        let events = try await transport.open(url).events()
        #expect(events.count == 1)
        #expect(events.first?.failure != nil)
    }

    @Test func `a header that would be another one fails, and is not shown`() async throws {
        var request = TransportRequest(url: "ws://127.0.0.1:1/ws")
        request.headers = [("x-api-key", "secret\r\nx: y")]
        let failure = try await transport.open(request).events().first?.failure
        #expect(failure?.description.contains("x-api-key") == true)
        #expect(failure?.description.contains("secret") == false)
    }
}
