import JSON

/// A block of the answer that is still being written.
struct OpenBlock: Sendable {
    private enum Kind: Sendable {
        case text, thinking, redactedThinking, toolUse
        case other
    }

    private let kind: Kind
    /// As `content_block_start` gave it.
    private let start: JSONObject
    private var text: String
    private var signature = ""
    private var inputText = ""

    /// Nil where the block lacks what its type needs.
    init?(_ start: JSONObject) {
        self.start = start
        text = ""
        switch start["type"]?.stringValue {
        case "text":
            kind = .text
            text = start["text"]?.stringValue ?? ""
        case "thinking":
            kind = .thinking
            text = start["thinking"]?.stringValue ?? ""
            signature = start["signature"]?.stringValue ?? ""
        case "redacted_thinking":
            kind = .redactedThinking
            guard start["data"]?.stringValue != nil else { return nil }
        case "tool_use":
            kind = .toolUse
            guard start["id"]?.stringValue != nil, start["name"]?.stringValue != nil else {
                return nil
            }
        case .some: kind = .other
        case nil: return nil
        }
    }

    /// What the caller hears of the beginning; nothing where the block is still empty.
    func opening(_ index: Int) -> ClaudeEvent? {
        switch kind {
        case .text: text.isEmpty ? nil : .text(text, block: index)
        case .thinking: text.isEmpty ? nil : .thinking(text, block: index)
        case .toolUse:
            .toolStarted(
                id: start["id"]?.stringValue ?? "", name: start["name"]?.stringValue ?? "",
                block: index)
        case .redactedThinking, .other: nil
        }
    }

    /// Takes one delta; an unknown one, or one that is not this block's, is ignored.
    mutating func append(_ delta: JSONValue, _ index: Int) -> ClaudeEvent? {
        switch (delta["type"]?.stringValue, kind) {
        case ("text_delta", .text):
            return delta.piece("text").map { piece in
                text += piece
                return .text(piece, block: index)
            }
        case ("thinking_delta", .thinking):
            return delta.piece("thinking").map { piece in
                text += piece
                return .thinking(piece, block: index)
            }
        case ("signature_delta", .thinking):
            signature += delta.piece("signature") ?? ""
        case ("input_json_delta", .toolUse):
            return delta.piece("partial_json").map { piece in
                inputText += piece
                return .toolInput(piece, block: index)
            }
        case ("input_json_delta", .other):
            inputText += delta.piece("partial_json") ?? ""
        default: break
        }
        return nil
    }

    /// The block as far as it came.
    func closed() -> ContentBlock {
        switch kind {
        case .text: return .text(text)
        case .thinking: return .thinking(text, signature: signature)
        case .redactedThinking: return .redactedThinking(data: start["data"]?.stringValue ?? "")
        case .toolUse:
            return .toolUse(
                ToolUse(
                    id: start["id"]?.stringValue ?? "", name: start["name"]?.stringValue ?? "",
                    input: input))
        case .other:
            guard case .complete(let input) = input, start["input"] != nil else {
                return .other(start)
            }
            var block = start
            block["input"] = .object(input)
            return .other(block)
        }
    }

    /// No piece at all means what the start held: nothing, or all of it at once.
    private var input: ToolInput {
        if inputText.isEmpty { return .complete(start["input"]?.objectValue ?? JSONObject()) }
        // A text that is no JSON is an outcome here, not a fault.
        guard let value = try? JSONValue(parsing: Array(inputText.utf8)),
            let object = value.objectValue
        else { return .invalid(inputText) }
        return .complete(object)
    }

    /// Whether pieces of a tool's input came; without, an answer that was cut never began it.
    var hasInputText: Bool { !inputText.isEmpty }
}

extension JSONValue {
    /// A non-empty text.
    fileprivate func piece(_ key: String) -> String? {
        guard let text = self[key]?.stringValue, !text.isEmpty else { return nil }
        return text
    }
}
