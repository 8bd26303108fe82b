import JSON

extension MessagesRequest {
    /// The request's body, streaming and with its cache breakpoints.
    ///
    /// Example: `{"model":"m","max_tokens":16,"stream":true,"messages":[{"role":"user",
    /// "content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]}`
    public var json: JSONObject {
        let breakpoints = CacheBreakpoints(self)
        var body: JSONObject = [
            "model": .string(model), "max_tokens": .integer(Int64(maximumTokens)), "stream": true,
        ]
        if !tools.isEmpty {
            body["tools"] = .array(marked(tools.map(\.json)))
            if toolChoice == .none { body["tool_choice"] = ["type": "none"] }
        }
        if breakpoints.system {
            body["system"] = .array(
                marked(
                    system.filter { !$0.isEmpty }.map {
                        ["type": "text", "text": .string($0)]
                    }))
        }
        body["messages"] = .array(
            messages.enumerated().map { index, message in
                let place = breakpoints.blocks.first { $0.message == index }
                return .object(message.json(breakpoint: place?.block))
            })
        if let json = thinking.json { body["thinking"] = json }
        if let userID { body["metadata"] = ["user_id": .string(userID)] }
        return body
    }

    /// With a breakpoint at the last one.
    private func marked(_ blocks: [JSONObject]) -> [JSONValue] {
        blocks.enumerated().map { index, block in
            .object(index == blocks.count - 1 ? block.withBreakpoint : block)
        }
    }
}

extension RequestMessage {
    fileprivate func json(breakpoint: Int?) -> JSONObject {
        let blocks = content.enumerated().map { index, block in
            JSONValue.object(index == breakpoint ? block.json.withBreakpoint : block.json)
        }
        return ["role": .string(role.rawValue), "content": .array(blocks)]
    }
}

extension ToolDefinition {
    fileprivate var json: JSONObject {
        [
            "name": .string(name), "description": .string(description),
            "input_schema": .object(inputSchema),
        ]
    }
}

extension Thinking {
    fileprivate var json: JSONValue? {
        switch self {
        case .disabled: nil
        case .adaptive: ["type": "adaptive"]
        case .budget(let tokens):
            ["type": "enabled", "budget_tokens": .integer(Int64(tokens))]
        }
    }
}

extension JSONObject {
    fileprivate var withBreakpoint: JSONObject {
        var block = self
        block["cache_control"] = ["type": "ephemeral"]
        return block
    }
}
