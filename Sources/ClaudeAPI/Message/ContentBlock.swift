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
    public let id: String
    public let name: String
    public let input: ToolInput

    public init(id: String, name: String, input: ToolInput) {
        self.id = id
        self.name = name
        self.input = input
    }

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
    /// The text is whole and no JSON object.
    case invalid(String)
}

/// What came of a tool.
public struct ToolResult: Sendable, Equatable {
    public let toolUseID: String
    public let content: String
    public let isError: Bool

    public init(toolUseID: String, content: String, isError: Bool = false) {
        self.toolUseID = toolUseID
        self.content = content
        self.isError = isError
    }
}
