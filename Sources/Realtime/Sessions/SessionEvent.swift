/// What happened in a session, as far as its live state cares.
///
/// Made from the published event where it enters the hub; the rest of the event stays opaque text.
public enum SessionEvent: Sendable, Equatable {
    case userMessage(UserMessageStatus)
    /// One published delta, which may be several of a producer's (see ``DeltaBatcher``).
    case textDelta(TextStream, String)
    case textComplete(TextStream, isIntermediate: Bool)
    case toolStart(RunningTool)
    case toolResult(ToolUseID)
    case permissionRequested(PermissionRequestID)
    /// Answered, timed out or withdrawn.
    case permissionEnded(PermissionRequestID)
    case usage(TokenUsage)
    case complete(CompletionReason, usage: TokenUsage?)
    case interrupted
    case error
}

/// How far a person's message has come; the raw value is the wire's.
public enum UserMessageStatus: String, Sendable, CaseIterable {
    case accepted, queued, processing
}

/// How a run ended; the raw value is the wire's.
public enum CompletionReason: String, Sendable, CaseIterable {
    case complete, interrupted, error
}

/// What a session is doing; the raw value is the wire's.
public enum SessionStatus: String, Sendable, CaseIterable {
    case idle, running, waiting, interrupted, failed
}

/// How much an agent may do in a session; the raw value is the wire's.
public enum SessionMode: String, Sendable, CaseIterable {
    case safe, ask
    case allowAll = "allow-all"
}

/// One flow of text within a session: of a turn, or of a tool (a sub-agent) within it.
public struct TextStream: Sendable, Hashable {
    /// The turn, when the agent names it.
    public var turn: TurnID?
    /// The tool use that the text belongs to; nil for the conversation itself.
    public var parent: ToolUseID?

    /// Nil where the event has no such field.
    public init(turn: TurnID? = nil, parent: ToolUseID? = nil) {
        self.turn = turn
        self.parent = parent
    }
}

/// A tool between its `tool_start` and its `tool_result`, with the fields of the former.
public struct RunningTool: Sendable, Equatable {
    public let toolUseID: ToolUseID
    public let toolName: String
    /// A JSON object as text, never parsed here.
    public var toolInput: String
    public let intent: String?
    public let displayName: String?
    public let stream: TextStream

    /// Nothing is checked: sizes are bounded by the command that brought it.
    public init(
        _ toolUseID: ToolUseID, name toolName: String, input toolInput: String,
        intent: String? = nil, displayName: String? = nil, in stream: TextStream = TextStream()
    ) {
        self.toolUseID = toolUseID
        self.toolName = toolName
        self.toolInput = toolInput
        self.intent = intent
        self.displayName = displayName
        self.stream = stream
    }
}

/// What a run has cost, in tokens.
///
/// Each report of an agent is a total and replaces the one before.
public struct TokenUsage: Sendable, Hashable {
    public var inputTokens: Int64
    public var outputTokens: Int64
    public var cacheReadTokens: Int64?
    public var cacheCreationTokens: Int64?
    /// How many tokens the conversation holds now.
    public var contextTokens: Int64?
    /// How many the model can hold.
    public var contextWindow: Int64?

    /// The largest count that every number on its way keeps exactly: JSON's doubles (2^53).
    public static let maximumCount: Int64 = 1 << 53

    /// Nil where the agent doesn't say.
    public init(
        inputTokens: Int64, outputTokens: Int64, cacheReadTokens: Int64? = nil,
        cacheCreationTokens: Int64? = nil, contextTokens: Int64? = nil, contextWindow: Int64? = nil
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheCreationTokens = cacheCreationTokens
        self.contextTokens = contextTokens
        self.contextWindow = contextWindow
    }

    /// The newer report, with what it leaves out kept from the older one.
    func updated(by newer: TokenUsage) -> TokenUsage {
        TokenUsage(
            inputTokens: newer.inputTokens, outputTokens: newer.outputTokens,
            cacheReadTokens: newer.cacheReadTokens ?? cacheReadTokens,
            cacheCreationTokens: newer.cacheCreationTokens ?? cacheCreationTokens,
            contextTokens: newer.contextTokens ?? contextTokens,
            contextWindow: newer.contextWindow ?? contextWindow)
    }
}
