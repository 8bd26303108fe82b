/// What a caller hears of one request, on the loop's thread.
///
/// The last event is `completed` or `failed`, exactly once, unless the caller cancels. Between
/// `started` and that, texts and inputs are previews: `retrying` takes them back, and only
/// `completed` is the record. A block's number is its place in the message's content.
public enum ClaudeEvent: Sendable, Equatable {
    /// The answer has begun; also again after `retrying`.
    case started(id: String, model: String, usage: Usage)
    case text(String, block: Int)
    case thinking(String, block: Int)
    case toolStarted(id: String, name: String, block: Int)
    /// A piece of the input's JSON text, which may end anywhere within it.
    case toolInput(String, block: Int)
    case blockEnded(ContentBlock, block: Int)
    /// Totals so far, replacing those before.
    case usage(Usage)
    /// The endpoint strayed from the protocol, and nothing was lost; once an answer and kind.
    case tolerated(Deviation)
    /// This attempt failed, and another begins after the delay.
    case retrying(Retry)
    case completed(AssistantMessage)
    case failed(ClaudeError)
}

/// One more attempt to come.
public struct Retry: Sendable, Equatable {
    /// The number of the attempt to come; the first was 1.
    public let attempt: Int
    public let delay: Duration
    public let reason: ClaudeError
    /// Whether previews were given that the next attempt will give anew.
    public let discardsPreview: Bool

    public init(attempt: Int, delay: Duration, reason: ClaudeError, discardsPreview: Bool) {
        self.attempt = attempt
        self.delay = delay
        self.reason = reason
        self.discardsPreview = discardsPreview
    }
}
