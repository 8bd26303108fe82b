import JSON

/// One part of a message, in either direction.
///
/// ``json`` and ``init(json:)`` are the API's own form, which is also how a transcript keeps it.
public enum ContentBlock: Sendable, Equatable {
    case text(String)
    /// The signature proves to the API that the thinking is its own: both go back unchanged.
    case thinking(String, signature: String)
    /// Thinking that only the API can read.
    case redactedThinking(data: String)
    case toolUse(ToolUse)
    case toolResult(ToolResult)
    /// A block that this client does not know, kept as it came.
    case other(JSONObject)
}

/// The model's wish to have a tool run.
public struct ToolUse: Sendable, Equatable {
    /// One that the API takes; see ``ToolNames``.
    public let id: String
    /// One that the API takes; no tool of ours where the model's was none.
    public let name: String
    public let input: ToolInput

    public init(id: String, name: String, input: ToolInput) {
        self.id = ToolNames.identifier(id)
        self.name = ToolNames.name(name)
        self.input = input
    }

    /// The same under another id.
    public func renamed(_ id: String) -> ToolUse { ToolUse(id: id, name: name, input: input) }

    /// Whether the input is whole; a tool without must not run, and gets an error as its result.
    public var isRunnable: Bool {
        if case .complete = input { true } else { false }
    }
}

/// What a tool is to be run with.
public enum ToolInput: Sendable, Equatable {
    case complete(JSONObject)
    /// The answer ended within the input (a limit of tokens); the text is as far as it came.
    case cut(String)
    /// The text is whole and no JSON object, or one that is nested too deeply.
    case invalid(String)

    /// Of objects within each other: far more than any tool's input has, and little enough for
    /// every message that carries it on.
    public static let maximumDepth = 32
}

/// What came of a tool.
public struct ToolResult: Sendable, Equatable {
    /// The same as the tool use's, also where that was replaced.
    public let toolUseID: String
    public let content: String
    public let isError: Bool

    public init(toolUseID: String, content: String, isError: Bool = false) {
        self.toolUseID = ToolNames.identifier(toolUseID)
        self.content = content
        self.isError = isError
    }
}
