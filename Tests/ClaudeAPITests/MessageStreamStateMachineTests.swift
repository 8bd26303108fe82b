import ClaudeAPI
import JSON
import Testing

struct MessageStreamStateMachineTests {
    @Test func `a text is told in pieces and then whole`() throws {
        let events = try fold(StreamScript.saying("Hello"))
        let usage = Usage(inputTokens: 7, outputTokens: 5)
        #expect(
            events == [
                .started(
                    id: "msg_1", model: "m", usage: Usage(inputTokens: 7, outputTokens: 1)),
                .text("Hello", block: 0), .blockEnded(.text("Hello"), block: 0), .usage(usage),
                .completed(
                    AssistantMessage(
                        id: "msg_1", model: "m", content: [.text("Hello")], stopReason: .endTurn,
                        usage: usage)),
            ])
    }

    @Test func `usage is a total that replaces the one before`() throws {
        var events = StreamScript.saying("Hi")
        events.insert(StreamScript.end("end_turn", outputTokens: 3), at: 4)
        #expect(try message(events)?.usage == Usage(inputTokens: 7, outputTokens: 5))
    }

    @Test func `thinking keeps its signature and goes back unchanged`() throws {
        let events = [
            StreamScript.start,
            StreamScript.blockStart(0, #"{"type":"thinking","thinking":"","signature":""}"#),
            StreamScript.delta(0, #"{"type":"thinking_delta","thinking":"Hm"}"#),
            StreamScript.delta(0, #"{"type":"signature_delta","signature":"c2ln"}"#),
            StreamScript.blockStop(0),
            StreamScript.blockStart(1, #"{"type":"redacted_thinking","data":"ZGF0YQ=="}"#),
            StreamScript.blockStop(1), StreamScript.end("end_turn"), StreamScript.stop,
        ]
        let message = try message(events)
        #expect(
            message?.content == [
                .thinking("Hm", signature: "c2ln"), .redactedThinking(data: "ZGF0YQ=="),
            ])
        // An answer that ends in thinking would be refused.
        #expect(message?.replayableContent == [])
    }

    @Test func `a tool's input is put together from its pieces`() throws {
        let events = StreamScript.using(
            ["", "{\"a\": \"½", " \", \"b\"", ": 2}"], stopReason: "tool_use")
        let message = try message(events)
        #expect(message?.toolUses.first?.input == .complete(["a": "½ ", "b": 2]))
        #expect(message?.toolUses.first?.isRunnable == true)
        #expect(message?.stopReason == .toolUse)
    }

    @Test func `a tool without input has an empty one`() throws {
        let events = StreamScript.using([""], stopReason: "tool_use")
        #expect(try message(events)?.toolUses.first?.input == .complete([:]))
    }

    @Test(arguments: [["{\"content\": \"cut in the mid"], [""], []])
    func `a tool that max_tokens cut is not runnable and is not replayed`(
        _ pieces: [String]
    ) throws {
        let message = try message(StreamScript.using(pieces, stopReason: "max_tokens"))
        guard case .toolUse(let use)? = message?.content.first else {
            Issue.record("no tool in \(String(describing: message))")
            return
        }
        #expect(use.input == .cut(pieces.joined()))
        #expect(!use.isRunnable)
        #expect(message?.toolUses == [])
    }

    @Test func `a tool that was whole before max_tokens stays runnable`() throws {
        let message = try message(StreamScript.using(["{\"a\":1}"], stopReason: "max_tokens"))
        #expect(message?.toolUses.first?.isRunnable == true)
    }

    @Test(arguments: ["[1]", "{\"a\":", "nonsense"])
    func `an input that is no object is not runnable and still needs a result`(
        _ text: String
    ) throws {
        let message = try message(StreamScript.using([text], stopReason: "tool_use"))
        #expect(message?.toolUses.first?.input == .invalid(text))
        #expect(message?.toolUses.first?.isRunnable == false)
    }

    @Test func `unknown events, deltas and blocks are passed over`() throws {
        var events = StreamScript.saying("Hi")
        events.insert(StreamScript.event("ping", "{}"), at: 0)
        events.insert(StreamScript.event("weather", "no JSON"), at: 2)
        events.insert(StreamScript.delta(0, #"{"type":"melody_delta","melody":"la"}"#), at: 4)
        #expect(try message(events)?.text == "Hi")
    }

    @Test func `an unknown block is kept as it came`() throws {
        let block: JSONObject = ["type": "server_tool_use", "id": "s1", "input": ["q": "x"]]
        let events = [
            StreamScript.start,
            StreamScript.blockStart(0, #"{"type":"server_tool_use","id":"s1","input":{}}"#),
            StreamScript.input(0, "{\"q\":"), StreamScript.input(0, "\"x\"}"),
            StreamScript.blockStop(0), StreamScript.end("pause_turn"), StreamScript.stop,
        ]
        let message = try message(events)
        #expect(message?.stopReason == .pauseTurn)
        #expect(message?.replayableContent == [.other(block)])
    }

    @Test(arguments: [
        ("refusal", StopReason.refusal), ("stop_sequence", .stopSequence),
        ("model_context_window_exceeded", .contextWindowExceeded), ("new_one", .other("new_one")),
    ])
    func `every stop reason is told`(_ name: String, _ reason: StopReason) throws {
        #expect(try message(StreamScript.saying("Hi", stopReason: name))?.stopReason == reason)
    }

    @Test func `nothing of a refusal is replayed`() throws {
        let message = try message(StreamScript.saying("I can", stopReason: "refusal"))
        #expect(message?.replayableContent == [])
    }

    @Test func `an empty text is an answer and is not replayed`() throws {
        let message = try message(StreamScript.saying(""))
        #expect(message?.content == [.text("")])
        #expect(message?.replayableContent == [])
    }

    @Test func `an error in mid-stream is the API's error with status 200`() {
        let error = StreamScript.event(
            "error", #"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#)
        let expected = APIError(kind: .overloaded, status: 200, message: "Busy")
        #expect(throws: ClaudeError.api(expected)) {
            try fold(StreamScript.saying("Hi").prefix(3) + [error])
        }
        #expect(ClaudeError.api(expected).canRetry)
    }

    @Test(arguments: 0...4)
    func `a stream that ends before the answer does was dropped`(_ count: Int) {
        #expect(throws: ClaudeError.dropped) {
            try fold(Array(StreamScript.saying("Hi").prefix(count)))
        }
    }

    @Test func `what loses a part of the answer is asked for again`() {
        let stream = StreamScript.saying("Hi")
        for broken in [
            [stream[0], StreamScript.input(0, "{}")], [stream[0], stream[5]],
            [StreamScript.event("message_start", "{")],
            [stream[0], StreamScript.event("content_block_start", "{}")],
        ] {
            let error = #expect(throws: ClaudeError.self) { try fold(broken) }
            #expect(error?.label == "garbled")
            #expect(error?.canRetry == true)
        }
    }

    @Test func `an answer over the limit ends with its own error`() {
        var machine = MessageStreamStateMachine(maximumMessageBytes: 200)
        #expect(throws: ClaudeError.tooLarge(maximumBytes: 200)) {
            for event in StreamScript.saying("Hello, world") { _ = try machine.receive(event) }
        }
    }

    @Test func `what follows the final message changes nothing`() throws {
        let stream = StreamScript.saying("Hi")
        #expect(try fold(stream + stream + [StreamScript.event("error", "{}")]).count == 5)
    }
}
