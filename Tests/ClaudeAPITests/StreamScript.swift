import ClaudeAPI
import JSON

/// Events of a stream, written shortly.
enum StreamScript {
    static let start = event(
        "message_start",
        #"{"message":{"id":"msg_1","model":"m","usage":{"input_tokens":7,"output_tokens":1}}}"#)
    static let stop = event("message_stop", "{}")

    static func blockStart(_ index: Int, _ block: String) -> ServerSentEvent {
        event("content_block_start", #"{"index":\#(index),"content_block":\#(block)}"#)
    }

    static func delta(_ index: Int, _ delta: String) -> ServerSentEvent {
        event("content_block_delta", #"{"index":\#(index),"delta":\#(delta)}"#)
    }

    static func text(_ index: Int, _ text: String) -> ServerSentEvent {
        delta(index, #"{"type":"text_delta","text":"\#(text)"}"#)
    }

    static func input(_ index: Int, _ piece: String) -> ServerSentEvent {
        let text = JSONValue.string(piece).description
        return delta(index, #"{"type":"input_json_delta","partial_json":\#(text)}"#)
    }

    static func blockStop(_ index: Int) -> ServerSentEvent {
        event("content_block_stop", #"{"index":\#(index)}"#)
    }

    static func end(_ stopReason: String, outputTokens: Int = 5) -> ServerSentEvent {
        event(
            "message_delta",
            #"{"delta":{"stop_reason":"\#(stopReason)"},"usage":{"output_tokens":\#(outputTokens)}}"#
        )
    }

    static func event(_ name: String, _ data: String) -> ServerSentEvent {
        ServerSentEvent(name: name, data: Array(data.utf8))
    }

    /// A whole answer of one text.
    static func saying(_ words: String, stopReason: String = "end_turn") -> [ServerSentEvent] {
        [
            start, blockStart(0, #"{"type":"text","text":""}"#), text(0, words), blockStop(0),
            end(stopReason), stop,
        ]
    }

    /// A whole answer of one tool, its input in pieces.
    static func using(_ pieces: [String], stopReason: String) -> [ServerSentEvent] {
        [start, blockStart(0, #"{"type":"tool_use","id":"t1","name":"Write","input":{}}"#)]
            + pieces.map { input(0, $0) } + [blockStop(0), end(stopReason), stop]
    }
}

extension ServerSentEvent {
    /// With its name in the data, as the API writes it.
    var typedData: String {
        let rest = String(decoding: data.dropFirst(), as: UTF8.self)
        return #"{"type":"\#(name)"\#(rest == "}" ? "" : ",")"# + rest
    }
}

/// Gives every event to a fresh machine.
func fold(_ events: [ServerSentEvent]) throws(ClaudeError) -> [ClaudeEvent] {
    var machine = MessageStreamStateMachine()
    var heard: [ClaudeEvent] = []
    for event in events {
        heard += try machine.receive(event)
    }
    return heard + (try machine.streamEnded())
}

/// The final message of a whole stream.
func message(_ events: [ServerSentEvent]) throws -> AssistantMessage? {
    guard case .completed(let message)? = try fold(events).last else { return nil }
    return message
}
