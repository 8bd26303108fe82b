import JSON

extension Scene {
    /// The answer to a request that does not stream.
    func message(_ text: EventText) -> JSONValue {
        let content = blocks.enumerated().map { index, block -> JSONValue in
            switch block {
            case .text:
                ["type": "text", "text": .string(Pieces(block).reduce(into: "") { $0 += $1 })]
            case .thinking(let words):
                ["type": "thinking", "thinking": .string(words), "signature": "ZGVtbw=="]
            case .toolUse(let name, let input):
                [
                    "type": "tool_use", "id": .string(text.toolUseID(index)),
                    "name": .string(name), "input": .object(input),
                ]
            case .cutToolUse(let name, _):
                [
                    "type": "tool_use", "id": .string(text.toolUseID(index)),
                    "name": .string(name), "input": [:],
                ]
            }
        }
        let tokens = blocks.reduce(0) { sum, block in
            if case .text(let text) = block { sum + text.tokenCount } else { sum + 10 }
        }
        return [
            "id": .string(text.messageID), "type": "message", "role": "assistant",
            "model": .string(text.model), "content": .array(content),
            "stop_reason": .string(stopReason), "stop_sequence": nil,
            "usage": text.usage(outputTokens: max(1, tokens)),
        ]
    }
}
