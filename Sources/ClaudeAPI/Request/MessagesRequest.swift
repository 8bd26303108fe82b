import JSON

/// What the model is asked.
public struct MessagesRequest: Sendable, Equatable {
    public var model: String
    /// Of the answer, thinking included.
    public var maximumTokens: Int
    /// In the order of their stability: what changes least comes first, for the cache.
    public var system: [String]
    public var tools: [ToolDefinition]
    public var toolChoice: ToolChoice
    /// Begins with the user; the first part of the conversation that changes ends the cache.
    public var messages: [RequestMessage]
    public var thinking: Thinking
    /// An opaque id of the person behind the request, for Anthropic to recognise abuse; no name.
    public var userID: String?

    public init(
        model: String, maximumTokens: Int, system: [String] = [], tools: [ToolDefinition] = [],
        toolChoice: ToolChoice = .automatic, messages: [RequestMessage],
        thinking: Thinking = .disabled, userID: String? = nil
    ) {
        self.model = model
        self.maximumTokens = maximumTokens
        self.system = system
        self.tools = tools
        self.toolChoice = toolChoice
        self.messages = messages
        self.thinking = thinking
        self.userID = userID
    }
}

/// A tool that the model may ask for.
public struct ToolDefinition: Sendable, Equatable {
    public let name: String
    public let description: String
    /// JSON Schema of an object.
    public let inputSchema: JSONObject

    public init(name: String, description: String, inputSchema: JSONObject) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

public enum ToolChoice: Sendable, Equatable {
    case automatic
    /// The tools stay known, since the history speaks of them, and none may be used.
    case none
}

/// Whether the model thinks before it answers.
public enum Thinking: Sendable, Equatable {
    case disabled
    /// The model decides how much.
    case adaptive
    /// At least 1,024 tokens and fewer than the request's maximum.
    case budget(tokens: Int)
}

/// One turn of the conversation.
public struct RequestMessage: Sendable, Equatable {
    public enum Role: String, Sendable { case user, assistant }

    public let role: Role
    /// Tool results first, then texts; no empty text.
    public let content: [ContentBlock]

    public init(_ role: Role, _ content: [ContentBlock]) {
        self.role = role
        self.content = content
    }
}
