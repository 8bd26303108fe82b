import Client
import Protocol
import Testing

@Suite struct HandshakeTests {
    private let refusal = """
        HTTP/1.1 401 Unauthorized\r
        Content-Type: application/json\r
        content-length: 62\r
        \r
        {"error":{"code":"INVALID_API_KEY","message":"m","requestId":"r"}}
        """

    @Test func `an answer is complete with its blank line, and keeps what follows`() throws {
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-A:  b \r\n\r\n"
        for end in 0..<text.utf8.count {
            #expect(HandshakeAnswer(Array(text.utf8.prefix(end))) == nil)
        }
        let answer = try #require(HandshakeAnswer(Array(text.utf8) + [0x81, 0]))
        #expect(answer.status == 101)
        #expect(answer.headers["upgrade"] == "websocket")
        #expect(answer.rest == [0x81, 0])
    }

    @Test func `a refusal waits for its body and becomes the server's own words`() throws {
        let bytes = Array(refusal.utf8)
        #expect(HandshakeAnswer(Array(bytes.dropLast(10))) == nil)
        let answer = try #require(HandshakeAnswer(bytes))
        guard case .refused(let error) = answer.refusal else {
            Issue.record("\(answer.refusal)")
            return
        }
        #expect(error.code == .invalidAPIKey)
    }

    @Test func `a refusal that is not of this product is told by its status`() throws {
        let text = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>"
        let answer = try #require(HandshakeAnswer(Array(text.utf8)))
        #expect("\(answer.refusal)".contains("502"))
    }
}
