import Testing
import WebSockets

private func parse(_ head: String) throws(MalformedRequest) -> Handshake.Parsed {
    try Handshake.parse(Array(head.utf8)[...])
}

private let upgrade = """
    GET /ws?x=1 HTTP/1.1\r\nHost: example.org\r\nUpgrade: WebSocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13
    """

struct HandshakeTests {
    @Test func `an upgrade is read with everything that a decision needs`() throws {
        let head =
            upgrade + "\r\nOrigin: https://example.org\r\nCookie: a=b\r\nCookie: c=d\r\n"
            + "Authorization: Bearer t\r\nX-Api-Key: \t k \r\nx-request-id: r\r\nX-Real-IP: 192.0.2.1"
            + "\r\nSec-WebSocket-Protocol: switchboard.v1, bearer.t"
        let parsed = try parse(head)
        #expect(
            parsed.request
                == HandshakeRequest(
                    path: "/ws", query: "x=1", isUpgrade: true, host: "example.org",
                    origin: "https://example.org", cookie: "a=b; c=d", authorization: "Bearer t",
                    apiKey: "k", requestID: "r", forwardedFor: "192.0.2.1",
                    subprotocols: ["switchboard.v1", "bearer.t"]))
    }

    @Test func `a key is answered as in the RFC's example`() throws {
        let answer = Handshake.acceptance(of: try parse(upgrade).key, subprotocol: "switchboard.v1")
        let text = String(decoding: answer, as: UTF8.self)
        #expect(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(text.contains("Sec-WebSocket-Protocol: switchboard.v1\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        "GET /ws HTTP/1.1\r\nHost: a", "POST /ws HTTP/1.1", "GET / HTTP/1.0",
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade",
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade:\r\nConnection: Upgrade",
        upgrade.replacing("HTTP/1.1", with: "HTTP/1.0"),
    ])
    func `other requests are requests without an upgrade`(_ head: String) throws {
        #expect(try parse(head).request.isUpgrade == false)
    }

    @Test(arguments: [
        "", "GET", "GET /ws", "GET  HTTP/1.1", "GET /ws HTTP/2.0", "G@T /ws HTTP/1.1",
        "GET /ws HTTP/1.1\r\nHost", "GET /ws HTTP/1.1\r\n: v", "GET /ws HTTP/1.1\r\nA : v",
        "GET /ws HTTP/1.1\r\nA: b\r\n folded", "GET /ws HTTP/1.1\nHost: a",
        "GET /ws HTTP/1.1\r\nA: \u{0}", "GET /ws HTTP/1.1\r\nX-Api-Key: a\r\nx-api-key: b",
        "GET /ws HTTP/1.1\r\nOrigin: a\r\nOrigin: b",
        upgrade.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "short"),
        upgrade.replacing("Host: example.org\r\n", with: ""), upgrade + "\r\nContent-Length: 1",
        "GET /ws HTTP/1.1" + String(repeating: "\r\na: b", count: 101),
    ])
    func `what is read differently by others is refused`(_ head: String) {
        #expect {
            try parse(head)
        } throws: { error in
            if case .notHTTP? = error as? MalformedRequest { true } else { false }
        }
    }

    @Test func `an accent behind a blank belongs to the value, and the blank does not`() throws {
        let parsed = try parse(upgrade + "\r\nX-Api-Key: \u{301}k\u{301} \r\nOrigin:\u{301}")
        #expect(parsed.request.apiKey.map { Array($0.utf8) } == Array("\u{301}k\u{301}".utf8))
        #expect(parsed.request.origin.map { Array($0.utf8) } == Array("\u{301}".utf8))
    }

    @Test func `a mutilated head is parsed or refused, never worse`() {
        var random = SplitMix(state: 42)
        let valid = Array((upgrade + "\r\nCookie: a=b\r\nX-Real-IP: ::1").utf8)
        for _ in 0..<5_000 {
            var head = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<head.count, using: &random)
                if Bool.random(using: &random) {
                    head[index] = UInt8.random(in: 0...255, using: &random)
                } else {
                    head.removeSubrange(index..<min(head.count, index + 3))
                }
            }
            do {
                let parsed = try Handshake.parse(head[...])
                #expect(!parsed.request.isUpgrade || parsed.key.utf8.count == 24)
            } catch {
                continue
            }
        }
    }

    @Test func `another version of the protocol has its own refusal`() {
        #expect(throws: MalformedRequest.unsupportedVersion) {
            try parse(upgrade.replacing("Version: 13", with: "Version: 8"))
        }
    }

    @Test func `an answer has its length and says that it is the last one`() {
        let refusal = HTTPRefusal(
            status: 401, reason: "Unauthorized", headers: [(name: "x-request-id", value: "r")],
            body: [0x7b, 0x7d])
        let text = String(decoding: Handshake.response(refusal, withBody: true), as: UTF8.self)
        #expect(
            text == "HTTP/1.1 401 Unauthorized\r\nx-request-id: r\r\nContent-Length: 2\r\n"
                + "Connection: close\r\n\r\n{}")
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }

    private func firstRange(of part: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) {
                return start..<index(start, offsetBy: part.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
