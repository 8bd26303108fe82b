import JSON

extension ContentBlock {
    /// The block as the API takes it.
    ///
    /// A tool's input that is not whole has no JSON form and becomes an empty object.
    public var json: JSONObject {
        switch self {
        case .text(let text): ["type": "text", "text": .string(text)]
        case .thinking(let text, let signature):
            ["type": "thinking", "thinking": .string(text), "signature": .string(signature)]
        case .redactedThinking(let data): ["type": "redacted_thinking", "data": .string(data)]
        case .toolUse(let use): use.json
        case .toolResult(let result): result.json
        case .other(let block): block
        }
    }

    /// Reads a block of the API or of a transcript; nil where it has no type or lacks a field.
    public init?(json block: JSONObject) {
        switch block["type"]?.stringValue {
        case "text":
            guard let text = block["text"]?.stringValue else { return nil }
            self = .text(text)
        case "thinking":
            guard let text = block["thinking"]?.stringValue else { return nil }
            self = .thinking(text, signature: block["signature"]?.stringValue ?? "")
        case "redacted_thinking":
            guard let data = block["data"]?.stringValue else { return nil }
            self = .redactedThinking(data: data)
        case "tool_use":
            guard let id = block["id"]?.stringValue, let name = block["name"]?.stringValue else {
                return nil
            }
            let input = block["input"]?.objectValue ?? [:]
            self = .toolUse(ToolUse(id: id, name: name, input: .complete(input)))
        case "tool_result":
            guard let id = block["tool_use_id"]?.stringValue else { return nil }
            self = .toolResult(
                ToolResult(
                    toolUseID: id, content: block["content"]?.stringValue ?? "",
                    isError: block["is_error"]?.boolValue ?? false))
        case .some: self = .other(block)
        case nil: return nil
        }
    }
}

extension ToolUse {
    fileprivate var json: JSONObject {
        var input = JSONObject()
        if case .complete(let object) = self.input { input = object }
        return [
            "type": "tool_use", "id": .string(id), "name": .string(name), "input": .object(input),
        ]
    }
}

extension ToolResult {
    fileprivate var json: JSONObject {
        var block: JSONObject = ["type": "tool_result", "tool_use_id": .string(toolUseID)]
        // An empty text would be refused; no content at all is fine.
        if !content.isEmpty { block["content"] = .string(content) }
        if isError { block["is_error"] = true }
        return block
    }
}
