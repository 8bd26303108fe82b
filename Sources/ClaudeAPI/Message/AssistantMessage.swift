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

    /// What the next request may hold of this answer; empty where the turn must not be kept.
    ///
    /// The API refuses empty texts and answers that end in thinking. A refusal is left out whole, a
    /// paused turn goes back unchanged, and a tool whose input was cut is left out, so that it needs
    /// no result.
    public var replayableContent: [ContentBlock] {
        switch stopReason {
        case .refusal: return []
        case .pauseTurn: return content
        default: break
        }
        var kept = content.filter(\.isReplayable)
        while kept.last?.isThinking == true { kept.removeLast() }
        return kept
    }
}

extension ContentBlock {
    fileprivate var isReplayable: Bool {
        switch self {
        case .text(let text): text.contains { !$0.isWhitespace }
        case .toolUse(let use): if case .cut = use.input { false } else { true }
        default: true
        }
    }

    var isThinking: Bool {
        switch self {
        case .thinking, .redactedThinking: true
        default: false
        }
    }
}
