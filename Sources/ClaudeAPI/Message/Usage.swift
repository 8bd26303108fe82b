import JSON

/// Tokens of one answer so far, as the API counts them.
public struct Usage: Sendable, Equatable {
    /// Of the prompt, without what came from or went to the cache.
    public var inputTokens = 0
    public var outputTokens = 0
    public var cacheReadTokens = 0
    public var cacheCreationTokens = 0

    public init(
        inputTokens: Int = 0, outputTokens: Int = 0, cacheReadTokens: Int = 0,
        cacheCreationTokens: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheCreationTokens = cacheCreationTokens
    }

    /// What the next request's context begins with: the prompt, cached or not, and the answer.
    public var contextTokens: Int {
        inputTokens + cacheReadTokens + cacheCreationTokens + outputTokens
    }

    /// Takes over the counts that are there: they are totals, so they replace and are never added.
    mutating func overwrite(with counts: JSONValue?) {
        func take(_ key: String, _ field: inout Int) {
            if let count = counts?[key]?.integerValue, count >= 0 { field = Int(count) }
        }
        take("input_tokens", &inputTokens)
        take("output_tokens", &outputTokens)
        take("cache_read_input_tokens", &cacheReadTokens)
        take("cache_creation_input_tokens", &cacheCreationTokens)
    }
}
