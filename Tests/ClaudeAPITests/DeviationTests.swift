import ClaudeAPI
import JSON
import Testing

/// Endpoints that stray from the protocol, each in a way that loses nothing.
struct DeviationTests {
    private typealias S = StreamScript

    /// The answer of a body, however it is cut.
    private func read(_ body: String, type: String = "text/event-stream") throws -> [ClaudeEvent] {
        var reader = AnswerReader(contentType: type)
        var events: [ClaudeEvent] = []
        for byte in body.utf8 {
            let (more, failure) = reader.receive([byte])
            events += more
            if let failure { throw failure }
        }
        if events.last?.isLast == true { return events }
        let (more, failure) = reader.ended()
        if let failure { throw failure }
        return events + more
    }

    private func text(_ events: [ServerSentEvent]) -> String {
        events.map { "event: \($0.name)\ndata: \(String(decoding: $0.data, as: UTF8.self))\n\n" }
            .joined()
    }

    private func deviations(_ events: [ClaudeEvent]) -> Set<Deviation> {
        Set(events.compactMap { if case .tolerated(let deviation) = $0 { deviation } else { nil } })
    }

    private static let textStart = S.blockStart(0, #"{"type":"text","text":""}"#)
    private static let toolStart = #"{"type":"tool_use","id":"t1","name":"Bash","input":{}}"#

    /// Each says "Hello, world" in a way of its own.
    static let greetings: [(Deviation, [ServerSentEvent])] = [
        (.secondStart, [S.start] + S.saying("Hello, world")),
        (
            .secondStart,
            [
                S.start, textStart, S.text(0, "Hello, "), S.start, S.text(0, "world"),
                S.blockStop(0), S.end("end_turn"), S.stop,
            ]
        ),
        (
            .secondStart,
            [S.start, textStart, S.text(0, "Hel"), other] + S.saying("Hello, world").dropFirst()
        ),
        (
            .secondStart,
            S.saying("Hello, world").dropLast() + [other]
                + S.saying("something else").dropFirst()
        ),
        (.missingStart, Array(S.saying("Hello, world").dropFirst())),
        (
            .missingID,
            [S.event("message_start", #"{"message":{"id":null,"model":null,"usage":null}}"#)]
                + S.saying("Hello, world").dropFirst()
        ),
        (
            .blockOrder,
            [
                S.start, S.blockStart(3, #"{"type":"text","text":""}"#), S.text(3, "Hello, "),
                S.blockStop(3), S.blockStart(1, #"{"type":"text","text":"world"}"#),
                S.blockStop(1), S.end("end_turn"), S.stop,
            ]
        ),
        (
            .blockOrder,
            [
                S.start, textStart, S.text(0, "Hello, "), S.blockStop(0), textStart,
                S.text(0, "world"), S.blockStop(0), S.end("end_turn"), S.stop,
            ]
        ),
        (.blockOrder, [S.start, S.text(0, "Hello, world"), S.end("end_turn"), S.stop]),
        (
            .blockOrder,
            [S.start, textStart, S.text(7, "Hello, world"), S.end("end_turn"), S.stop]
        ),
        (
            .blockOrder,
            [
                S.start, S.event("content_block_start", #"{"content_block":{"text":"Hello, "}}"#),
                S.event("content_block_delta", #"{"index":null,"delta":{"text":"world"}}"#),
                S.event("content_block_stop", "{}"), S.end("end_turn"), S.stop,
            ]
        ),
        (
            .blockEnd,
            [
                S.start, textStart, S.text(0, "Hello, "), S.blockStop(0), S.blockStop(0),
                S.text(0, "world"), S.blockStop(9), S.end("end_turn"), S.stop,
            ]
        ),
        (
            .blockEnd,
            [S.start, textStart, S.text(0, "Hello, world"), S.end("end_turn"), S.stop]
        ),
        (.missingStop, S.saying("Hello, world").dropLast()),
        (.missingStopReason, S.saying("Hello, world").filter { $0.name != "message_delta" }),
        (.doneMark, S.saying("Hello, world").dropLast() + [S.event("message", "[DONE]")]),
        (
            .usage,
            S.saying("Hello, world").dropLast(2) + [
                S.event(
                    "message_delta",
                    #"{"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":-3.5}}"#),
                S.stop,
            ]
        ),
        (
            .usage,
            S.saying("Hello, world").dropLast(2) + [
                S.event(
                    "message_delta",
                    #"{"usage":{"output_tokens":9223372036854775807},"stop_reason":"end_turn"}"#),
                S.stop,
            ]
        ),
        (
            .eventName,
            S.saying("Hello, world").map { S.event("message", $0.typedData) }
        ),
    ]
    private static let other = S.event(
        "message_start", #"{"message":{"id":"msg_2","model":"m","usage":{}}}"#)

    @Test(arguments: greetings.indices)
    func `what loses nothing is tolerated and told`(_ index: Int) throws {
        let (deviation, stream) = Self.greetings[index]
        let events = try read(text(stream))
        guard case .completed(let message)? = events.last else {
            Issue.record("no message: \(events)")
            return
        }
        #expect(message.text == "Hello, world")
        #expect(message.stopReason == .endTurn)
        #expect(deviations(events).contains(deviation))
    }

    @Test func `a stream as the API writes it strays in nothing`() throws {
        #expect(deviations(try read(text(S.saying("Hi")))).isEmpty)
        #expect(
            deviations(try read(text(S.using(["{\"a\":", "1}"], stopReason: "tool_use")))).isEmpty)
    }

    @Test func `numbers that nobody reads may be of any size`() throws {
        let odd = #"{"x":1e999,"y":18446744073709551616,"z":"\ud800","index":0"#
        let stream = text(S.saying("Hi")).replacing(#"{"index":0"#, with: odd)
        #expect(try read(stream).message?.text == "Hi")
    }

    @Test(arguments: [
        "0", "null", "\"12\"", "-1", "9223372036854775807", "1e300", "3.9", "{}", "[[[]]]",
    ])
    func `a count of tokens is never more than a count can be`(_ count: String) throws {
        let stream = text(S.saying("Hi"))
            .replacing("\"output_tokens\":5", with: "\"output_tokens\":\(count)")
        let usage = try #require(try read(stream).message?.usage)
        #expect((0...Usage.maximumCount).contains(usage.outputTokens))
        #expect((0...Usage.maximumCount).contains(usage.contextTokens))
        var sum = usage
        for _ in 0..<10_000 { sum.add(usage) }
        #expect((0...Usage.maximumCount).contains(sum.contextTokens))
    }

    @Test func `a character that is split over two deltas is one again`() throws {
        let events = try read(
            text([
                S.start, Self.textStart, S.text(0, #"a\ud83d"#), S.text(0, #"\ude00b"#),
                S.text(0, #"\ud83d"#), S.text(0, "c"), S.text(0, #"\ude00\ud83d"#),
                S.blockStop(0), S.end("end_turn"), S.stop,
            ]))
        #expect(events.message?.text == "a😀b\u{FFFD}c\u{FFFD}\u{FFFD}")
        #expect(events.preview == "a😀b\u{FFFD}c\u{FFFD}")
        #expect(deviations(events).contains(.splitCharacter))
    }

    @Test(arguments: ["application/json", "text/event-stream", "", "text/plain; charset=utf-8"])
    func `a whole message is an answer, too`(_ type: String) throws {
        let body = """
            {"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text",
            "text":"Hello"},{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}],
            "stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}}
            """
        for body in [body, "data: " + body.replacing("\n", with: "") + "\n\n"] {
            let events = try read(body, type: type)
            #expect(events.message?.text == "Hello")
            #expect(events.preview == "Hello")
            #expect(events.message?.toolUses.first?.input == .complete(["command": "ls"]))
            #expect(events.message?.usage == Usage(inputTokens: 3, outputTokens: 4))
            #expect(deviations(events).contains(.wholeMessage))
        }
    }

    @Test func `events may come as lines of JSON`() throws {
        let lines = S.saying("Hello").map(\.typedData).joined(separator: "\n")
        #expect(try read(lines, type: "application/x-ndjson").message?.text == "Hello")
    }

    @Test(arguments: [
        "text/event-stream; charset=utf-8", "TEXT/EVENT-STREAM", "application/octet-stream", "",
        "text/html",
    ])
    func `a stream is one under any content type`(_ type: String) throws {
        let stream = "\u{FEFF}\r\n: hi\r\n" + text(S.saying("Hi"))
        #expect(try read(stream, type: type).message?.text == "Hi")
    }

    @Test(arguments: [
        ("<!doctype html><html>Sign in</html>", "text/html", "page"),
        (" \n<html>", "text/event-stream", "page"), ("\u{1F}", "text/event-stream", "compressed"),
        ("Hello", "text/plain", "text/plain"),
        (#"{"choices":[]}"#, "application/json", "no message"),
    ])
    func `what is no answer is said to be none, and not asked again`(
        _ body: String, _ type: String, _ words: String
    ) throws {
        let error = #expect(throws: ClaudeError.self) { try read(body, type: type) }
        #expect(error?.label == "malformed")
        #expect(error.map { "\($0)" }?.contains(words) == true)
        #expect(error?.canRetry == false)
    }

    @Test(arguments: [
        #"{"error":{"message":"boom","type":"None","param":"None","code":"500"}}"#,
        #"{"type":"error","error":{"type":"gateway_hiccup","message":"boom"}}"#,
        #"{"type":"error","error":{"message":"boom","code":503}}"#, #"{"error":"boom"}"#,
        #"{"error":{"code":429,"message":"boom","status":"RESOURCE_EXHAUSTED"}}"#,
        #"{"detail":"boom"}"#, #"{"message":"boom"}"#,
        #"{"type":"error","error":{"type":"overloaded_error","message":"boom","n":1e999}}"#,
    ])
    func `an error in a stream is tried again as its sibling over HTTP is`(_ data: String) throws {
        let start = text(Array(S.saying("Hi").prefix(3)))
        for name in ["event: error\n", ""] {
            let error = #expect(throws: ClaudeError.self) {
                try read(start + "\(name)data: \(data)\n\n")
            }
            guard case .api(let error)? = error else {
                Issue.record("no API error: \(String(describing: error))")
                continue
            }
            #expect(error.canRetry)
            #expect(error.message == "boom")
        }
    }

    @Test(arguments: [
        #"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#,
        #"{"error":{"message":"no","type":"None","code":"400"}}"#,
        #"{"type":"error","error":{"type":"authentication_error","message":"no"}}"#,
    ])
    func `an error that asking again does not mend is told at once`(_ data: String) throws {
        let stream = "event: error\ndata: \(data)\n\n"
        let error = #expect(throws: ClaudeError.self) { try read(stream) }
        #expect(error?.canRetry == false)
    }

    @Test func `names, ids and inputs of tools become such as the API takes back`() throws {
        let long = String(repeating: "n", count: 457)
        for (id, name) in [
            (String(repeating: "x", count: 1_600), long), ("", ""), ("a.b:c", "mcp: tool/ü"),
            ("\u{202E}", "__proto__\u{0}"), ("t 1", "Bash\n"),
        ] {
            let start = JSONValue.object([
                "type": "tool_use", "id": .string(id), "name": .string(name), "input": [:],
            ])
            let events = try read(
                text([
                    S.start, S.blockStart(0, start.description), S.input(0, "{}"), S.blockStop(0),
                    S.end("tool_use"), S.stop,
                ]))
            let use = try #require(events.message?.toolUses.first)
            #expect(use.id.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil)
            #expect(use.name.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil)
            #expect(use.name != "Bash")
            #expect(deviations(events).isSuperset(of: [.toolName, .toolID]))
            // Always the same, so that a result finds its use.
            #expect(ToolResult(toolUseID: id, content: "").toolUseID == use.id)
        }
    }

    @Test(arguments: [
        ("{}", ["{}{\"a\":1}"]), ("{\"a\":1}", []), ("{\"a\":1}", ["", " "]),
        ("\"{\\\"a\\\":1}\"", []), ("{}", ["\"{\\\"a\\\":1}\""]), ("null", ["{\"a\":1}"]),
        ("{\"a\":1}", ["{\"a\""]), ("{}", ["{\"a\":2,\"a\":1}"]), ("7", ["{\"a\":1}\n"]),
    ])
    func `a tool's input is understood in every form in which it is whole`(
        _ start: String, _ pieces: [String]
    ) throws {
        let block = #"{"type":"tool_use","id":"t","name":"Bash","input":\#(start)}"#
        let events = try read(
            text(
                [S.start, S.blockStart(0, block)] + pieces.map { S.input(0, $0) }
                    + [S.blockStop(0), S.end("tool_use"), S.stop]))
        #expect(events.message?.toolUses.first?.input == .complete(["a": 1]))
    }

    @Test(arguments: [
        "[1]", "{\"a\":1}{\"a\":2}", "{\"a\":1} and more", "nonsense", "{\"a\":",
        String(repeating: "{\"a\":", count: 100) + "1" + String(repeating: "}", count: 100),
        String(repeating: "[", count: 100_000),
    ])
    func `an input that is no object is not run and not fatal`(_ input: String) throws {
        let events = try read(
            text([
                S.start, S.blockStart(0, Self.toolStart), S.input(0, input), S.blockStop(0),
                S.end("tool_use"), S.stop,
            ]))
        #expect(events.message?.toolUses.first?.isRunnable == false)
    }

    @Test func `blocks that may be open at once keep their pieces apart`() throws {
        let second = #"{"type":"tool_use","id":"t2","name":"Read","input":{}}"#
        let events = try read(
            text([
                S.start, S.blockStart(0, Self.toolStart), S.blockStart(1, second),
                S.input(0, "{\"a\""), S.input(1, "{\"b\""), S.input(0, ":1}"), S.input(1, ":2}"),
                S.blockStop(1), S.blockStop(0), S.end("tool_use"), S.stop,
            ]))
        let inputs = events.message?.toolUses.map(\.input)
        #expect(inputs == [.complete(["a": 1]), .complete(["b": 2])])
    }

    @Test func `what the API would not take back is not replayed`() throws {
        let blocks = [
            #"{"type":"thinking","thinking":"Hm"}"#, #"{"type":"redacted_thinking"}"#,
            #"{"type":"text","text":" \n"}"#, #"{"type":"melody","notes":[1]}"#, "{}", "null", "[]",
            #"{"type":"text","text":"kept"}"#, #"{"type":"image","source":{}}"#,
        ]
        let stream = blocks.enumerated().flatMap { [S.blockStart($0, $1), S.blockStop($0)] }
        for reason in ["end_turn", "pause_turn", "unheard_of"] {
            let events = try read(text([S.start] + stream + [S.end(reason), S.stop]))
            #expect(events.message?.replayableContent == [.text("kept")])
            #expect(deviations(events).contains(.droppedBlock))
        }
    }

    @Test func `an answer without end stops at its limits`() throws {
        let piece = S.text(0, String(repeating: "x", count: 100_000))
        let many = [S.start, Self.textStart] + Array(repeating: piece, count: 40)
        let error = #expect(throws: ClaudeError.self) { try fold(many) }
        #expect(error == .tooLarge(maximumBytes: AnswerBlocks.maximumContentBytes))
        let blocks = (0...AnswerBlocks.maximumBlocks).map { S.blockStart($0, "{}") }
        #expect(throws: ClaudeError.self) { try fold([S.start] + blocks) }
    }

    @Test func `an event that is damaged is asked for again`() {
        let error = #expect(throws: ClaudeError.self) {
            try read(text([S.start, S.event("content_block_start", #"{"index":0,"content_b"#)]))
        }
        #expect(error?.label == "garbled")
        #expect(error?.canRetry == true)
    }
}
