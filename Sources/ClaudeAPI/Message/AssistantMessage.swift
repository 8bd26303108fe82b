/// A complete answer of the model: the record, where the events before it were the preview.
public struct AssistantMessage: Sendable, Equatable {
    public let id: String
    public let model: String
    /// As it came, also with empty texts and unusable tool inputs.
    public let content: [ContentBlock]
    public let stopReason: StopReason
    public let usage: Usage

    public init(
        id: String, model: String, content: [ContentBlock], stopReason: StopReason, usage: Usage
    ) {
        self.id = id
        self.model = model
        self.content = content
        self.stopReason = stopReason
        self.usage = usage
    }

    /// The text of all text blocks, one after the other.
    public var text: String {
        content.reduce(into: "") { text, block in
            if case .text(let part) = block { text += part }
        }
    }

    /// The tools to run, in order; each needs a result in the next request, runnable or not.
    public var toolUses: [ToolUse] {
        replayableContent.compactMap { block in
            if case .toolUse(let use) = block { use } else { nil }
        }
    }

    /// The same with other tool uses.
    public func mappingToolUses(_ change: (ToolUse) -> ToolUse) -> AssistantMessage {
        let content: [ContentBlock] = content.map { block in
            if case .toolUse(let use) = block { .toolUse(change(use)) } else { block }
        }
        return AssistantMessage(
            id: id, model: model, content: content, stopReason: stopReason, usage: usage)
    }

    /// What the next request may hold of this answer; empty where the turn must not be kept.
    ///
    /// A refusal is left out whole, a tool whose input was cut too, so that it needs no result, and
    /// the API refuses answers that end in thinking.
    public var replayableContent: [ContentBlock] {
        guard stopReason != .refusal else { return [] }
        var kept = content.filter(\.isReplayable)
        while kept.last?.isThinking == true { kept.removeLast() }
        // A paused turn is the request's last message, which must not end in white space.
        if stopReason == .pauseTurn, case .text(var text)? = kept.last {
            while text.last?.isWhitespace == true { text.removeLast() }
            kept[kept.count - 1] = .text(text)
        }
        return kept
    }
}

extension ContentBlock {
    /// Whether the API takes the block back.
    ///
    /// Not a text without anything to read, thinking that nobody signed, or a block of a type that
    /// only a gateway knows.
    public var isReplayable: Bool {
        switch self {
        case .text(let text): text.contains { !$0.isWhitespace }
        case .thinking(_, let signature): !signature.isEmpty
        case .redactedThinking(let data): !data.isEmpty
        case .toolUse(let use): if case .cut = use.input { false } else { true }
        case .toolResult: true
        case .other(let block): Self.serverTypes.contains(block["type"]?.stringValue ?? "")
        }
    }

    /// Whether the conversation can go on without it: what belongs to one model or one endpoint.
    public var isDispensable: Bool {
        if case .other = self { true } else { isThinking }
    }

    public var isThinking: Bool {
        switch self {
        case .thinking, .redactedThinking: true
        default: false
        }
    }

    /// Of the tools that the API itself runs.
    private static let serverTypes: Set<String> = [
        "server_tool_use", "web_search_tool_result", "web_fetch_tool_result",
        "code_execution_tool_result", "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_use",
        "mcp_tool_result", "container_upload",
    ]
}
