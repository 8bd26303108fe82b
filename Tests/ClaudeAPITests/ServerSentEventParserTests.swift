import ClaudeAPI
import Testing
import TestSupport

struct ServerSentEventParserTests {
    private func events(_ text: String) -> [ServerSentEvent] {
        var parser = ServerSentEventParser()
        return parser.receive(Array(text.utf8))
    }

    private func event(_ name: String, _ data: String) -> ServerSentEvent {
        ServerSentEvent(name: name, data: Array(data.utf8))
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `a line may end in LF, CR or CRLF`(_ end: String) {
        let text = ["event: ping", "data: {}", "", "data: 2", "", ""].joined(separator: end)
        #expect(events(text) == [event("ping", "{}"), event("message", "2")])
    }

    @Test func `several data lines are one text with line feeds between`() {
        #expect(events("data: a\ndata:\ndata:b\n\n") == [event("message", "a\n\nb")])
    }

    @Test func `comments, ids, retries and unknown fields are passed over`() {
        let text = ": hello\nid: 7\nretry: 10\nmood: good\ndata\nevent: x\ndata: 1\n\n"
        #expect(events(text) == [event("x", "\n1")])
    }

    @Test func `one space after the colon belongs to the field, a second one to the value`() {
        #expect(events("data:  a\n\n") == [event("message", " a")])
    }

    @Test func `a byte order mark is skipped at the start only`() {
        #expect(events("\u{FEFF}data: 1\n\n") == [event("message", "1")])
        #expect(events("data: 1\n\n\u{FEFF}data: 2\n\n") == [event("message", "1")])
    }

    @Test func `an event without data is none and leaves no name behind`() {
        #expect(events("event: lost\n\ndata: 1\n\n") == [event("message", "1")])
    }

    @Test func `an event that has not ended is kept for the next bytes`() {
        var parser = ServerSentEventParser()
        #expect(parser.receive(Array("data: 1\n".utf8)).isEmpty)
        #expect(parser.receive(Array("\n".utf8)) == [event("message", "1")])
    }

    @Test func `a line over the limit ends the parsing after the events before it`() {
        var parser = ServerSentEventParser(maximumEventBytes: 10)
        let bytes = Array("data: ok\n\ndata: 0123456789\n\ndata: no\n\n".utf8)
        #expect(parser.receive(bytes) == [event("message", "ok")])
        #expect(parser.failure == .eventTooLarge(maximumBytes: 10))
        #expect(parser.receive(Array("data: 1\n\n".utf8)).isEmpty)
    }

    @Test func `a line that never ends is given up at the limit`() {
        var parser = ServerSentEventParser(maximumEventBytes: 10)
        #expect(parser.receive(Array("data: 0123".utf8)).isEmpty)
        #expect(parser.failure == nil)
        #expect(parser.receive(Array("4".utf8)).isEmpty)
        #expect(parser.failure == .eventTooLarge(maximumBytes: 10))
    }

    @Test func `many short lines over the limit are an event that is too large`() {
        var parser = ServerSentEventParser(maximumEventBytes: 64)
        let line = Array("data: 0123456789\n".utf8)
        for _ in 0..<20 { _ = parser.receive(line) }
        #expect(parser.failure == .eventTooLarge(maximumBytes: 64))
    }

    @Test(arguments: seeds)
    func `any cut of any bytes gives the same events`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let bytes = StreamText.random(using: &random)
            let limit = Int.random(in: 8...400, using: &random)
            var whole = ServerSentEventParser(maximumEventBytes: limit)
            let expected = whole.receive(bytes)
            var cut = ServerSentEventParser(maximumEventBytes: limit)
            var events: [ServerSentEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(7, rest.count), using: &random)
                events += cut.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(events == expected)
            #expect(cut.failure == whole.failure)
        }
    }
}

/// Event streams in every style, and bytes that are none.
private enum StreamText {
    static func random(using random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = Bool.random(using: &random) ? [0xEF, 0xBB, 0xBF] : []
        let pieces = [
            "data: ", "event: ", "data", ":", ": a comment", "id: 1", "retry: 5", "\n", "\r",
            "\r\n", "\n\n", "\r\r", "\r\n\r\n", "{\"a\": 1}", "Grüße 👩🏽‍🚀", " ", "\u{FEFF}",
            "message_stop",
        ]
        for _ in 0..<Int.random(in: 0...80, using: &random) {
            if Int.random(in: 0..<10, using: &random) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            } else if let piece = pieces.randomElement(using: &random) {
                bytes += Array(piece.utf8)
            }
        }
        return bytes
    }
}
