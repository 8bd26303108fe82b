/// Tokens of one answer so far, as the API counts them.
public struct Usage: Sendable, Equatable {
    /// Of the prompt, without what came from or went to the cache.
    public var inputTokens = 0
    public var outputTokens = 0
    public var cacheReadTokens = 0
    public var cacheCreationTokens = 0

    /// No answer has a million million tokens: a larger count is none, and sums of many still fit
    /// into every number on their way (JSON's doubles, counters, the store).
    public static let maximumCount = 1 << 40

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
        [inputTokens, cacheReadTokens, cacheCreationTokens, outputTokens]
            .reduce(0) { Self.sum($0, $1) }
    }

    /// Adds what another answer used.
    public mutating func add(_ other: Usage) {
        inputTokens = Self.sum(inputTokens, other.inputTokens)
        outputTokens = Self.sum(outputTokens, other.outputTokens)
        cacheReadTokens = Self.sum(cacheReadTokens, other.cacheReadTokens)
        cacheCreationTokens = Self.sum(cacheCreationTokens, other.cacheCreationTokens)
    }

    /// Takes over the counts that are there: they are totals, so they replace and are never added.
    mutating func overwrite(with counts: UsageData?) {
        inputTokens = counts?.inputTokens ?? inputTokens
        outputTokens = counts?.outputTokens ?? outputTokens
        cacheReadTokens = counts?.cacheReadTokens ?? cacheReadTokens
        cacheCreationTokens = counts?.cacheCreationTokens ?? cacheCreationTokens
    }

    /// Never below 0 and never above ``maximumCount``, whatever was counted.
    private static func sum(_ left: Int, _ right: Int) -> Int {
        min(min(max(left, 0), maximumCount) + min(max(right, 0), maximumCount), maximumCount)
    }
}
