extension TokenUsage {
    /// This and what came after it: counts add up, the state of the context is the later one's.
    public func adding(_ later: TokenUsage) -> TokenUsage {
        combined(with: later) { left, right in
            // A sum stays a count, whatever an agent outside reports.
            let (sum, isOver) = left.addingReportingOverflow(right)
            return isOver ? Self.maximumCount : min(max(sum, 0), Self.maximumCount)
        }
    }

    /// What came after `earlier`, where this is the sum of both.
    public func since(_ earlier: TokenUsage?) -> TokenUsage {
        guard let earlier else { return self }
        var difference = combined(with: earlier) { left, right in
            let (difference, isOver) = left.subtractingReportingOverflow(right)
            return isOver ? 0 : max(0, difference)
        }
        difference.contextTokens = contextTokens
        difference.contextWindow = contextWindow
        return difference
    }

    private func combined(
        with other: TokenUsage, _ combine: (Int64, Int64) -> Int64
    ) -> TokenUsage {
        func optional(_ own: Int64?, _ others: Int64?) -> Int64? {
            own == nil && others == nil ? nil : combine(own ?? 0, others ?? 0)
        }
        return TokenUsage(
            inputTokens: combine(inputTokens, other.inputTokens),
            outputTokens: combine(outputTokens, other.outputTokens),
            cacheReadTokens: optional(cacheReadTokens, other.cacheReadTokens),
            cacheCreationTokens: optional(cacheCreationTokens, other.cacheCreationTokens),
            contextTokens: other.contextTokens ?? contextTokens,
            contextWindow: other.contextWindow ?? contextWindow)
    }
}

extension SessionEvent {
    /// The same event, its usage on top of what earlier runs of the session cost.
    ///
    /// A run reports its own total; the session's is the sum of all its runs.
    public func counting(after earlier: TokenUsage?) -> SessionEvent {
        guard let earlier else { return self }
        return switch self {
        case .usage(let report): .usage(earlier.adding(report))
        case .complete(let reason, let report?): .complete(reason, usage: earlier.adding(report))
        default: self
        }
    }
}
