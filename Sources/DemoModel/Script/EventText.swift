import JSON

/// The bytes of a stream's events, in the API's form.
struct EventText {
    let messageID: String
    let model: String
    let inputTokens: Int

    var messageStart: [UInt8] {
        event(
            "message_start",
            [
                "message": [
                    "id": .string(messageID), "type": "message", "role": "assistant",
                    "model": .string(model), "content": [], "stop_reason": nil,
                    "stop_sequence": nil, "usage": usage(outputTokens: 1),
                ]
            ])
    }

    var messageStop: [UInt8] { event("message_stop", [:]) }
    var ping: [UInt8] { event("ping", [:]) }

    var overloaded: [UInt8] {
        event("error", ["error": ["type": "overloaded_error", "message": "Overloaded"]])
    }

    func messageDelta(stopReason: String, outputTokens: Int) -> [UInt8] {
        event(
            "message_delta",
            [
                "delta": ["stop_reason": .string(stopReason), "stop_sequence": nil],
                "usage": usage(outputTokens: max(1, outputTokens)),
            ])
    }

    func blockStart(_ block: Scene.Block, _ index: Int) -> [UInt8] {
        let start: JSONValue =
            switch block {
            case .text: ["type": "text", "text": ""]
            case .thinking: ["type": "thinking", "thinking": "", "signature": ""]
            case .toolUse(let name, _), .cutToolUse(let name, _):
                [
                    "type": "tool_use", "id": .string(toolUseID(index)), "name": .string(name),
                    "input": [:],
                ]
            }
        return event("content_block_start", ["index": number(index), "content_block": start])
    }

    func delta(_ block: Scene.Block, _ piece: String, _ index: Int) -> [UInt8] {
        let delta: JSONValue =
            switch block {
            case .text: ["type": "text_delta", "text": .string(piece)]
            case .thinking: ["type": "thinking_delta", "thinking": .string(piece)]
            case .toolUse, .cutToolUse:
                ["type": "input_json_delta", "partial_json": .string(piece)]
            }
        return event("content_block_delta", ["index": number(index), "delta": delta])
    }

    /// Thinking ends in its signature.
    func closingDeltas(_ block: Scene.Block, _ index: Int) -> [[UInt8]] {
        guard case .thinking = block else { return [] }
        let delta: JSONValue = ["type": "signature_delta", "signature": "ZGVtbw=="]
        return [event("content_block_delta", ["index": number(index), "delta": delta])]
    }

    func blockStop(_ index: Int) -> [UInt8] {
        event("content_block_stop", ["index": number(index)])
    }

    /// What a client of today must pass over: an event, a delta, a comment.
    func unknownEvents(_ index: Int) -> [[UInt8]] {
        [
            event("weather_report", ["report": "sunny"]),
            event(
                "content_block_delta",
                ["index": number(index), "delta": ["type": "melody_delta", "melody": "la"]]),
            Array(": a comment\n\n".utf8),
        ]
    }

    /// Unique within a conversation, as the message's id is.
    func toolUseID(_ index: Int) -> String { "toolu_\(messageID.dropFirst(4))_\(index)" }

    func usage(outputTokens: Int) -> JSONValue {
        [
            "input_tokens": number(inputTokens), "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "output_tokens": number(outputTokens),
        ]
    }

    private func event(_ name: String, _ fields: JSONObject) -> [UInt8] {
        var object: JSONObject = ["type": .string(name)]
        for (key, value) in fields { object[key] = value }
        return Array("event: \(name)\ndata: ".utf8) + JSONValue.object(object).encoded()
            + Array("\n\n".utf8)
    }

    private func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}
