/// Why the model stopped.
public enum StopReason: Sendable, Equatable {
    /// It has said what it wanted to say.
    case endTurn
    /// It waits for the results of its tools.
    case toolUse
    /// The request's limit of tokens cut the answer; a tool's input may be cut too.
    case maximumTokens
    case stopSequence
    /// A long turn of the server's own tools: send the content back unchanged to go on.
    case pauseTurn
    /// Refused; the turn is not kept.
    case refusal
    /// The context is full: compact it.
    case contextWindowExceeded
    /// One that this client does not know yet.
    case other(String)

    init(_ name: String) {
        self =
            switch name {
            case "end_turn": .endTurn
            case "tool_use": .toolUse
            case "max_tokens": .maximumTokens
            case "stop_sequence": .stopSequence
            case "pause_turn": .pauseTurn
            case "refusal": .refusal
            case "model_context_window_exceeded": .contextWindowExceeded
            default: .other(name)
            }
    }
}
