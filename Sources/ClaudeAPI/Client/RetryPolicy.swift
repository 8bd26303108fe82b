import Realtime

/// How often and how patiently a failed request is tried again.
public struct RetryPolicy: Sendable, Equatable {
    /// The first one included.
    public var maximumAttempts: Int
    /// Ceiling of the first delay where the server names none; it doubles, and the delay is drawn.
    public var firstDelay: Duration
    public var maximumDelay: Duration
    /// A server that wants more than this gets no further attempt: the caller is told instead.
    public var maximumServerDelay: Duration

    public init(
        maximumAttempts: Int = 6, firstDelay: Duration = .milliseconds(500),
        maximumDelay: Duration = .seconds(16), maximumServerDelay: Duration = .seconds(60)
    ) {
        precondition(maximumAttempts > 0, "a request is attempted at least once")
        self.maximumAttempts = maximumAttempts
        self.firstDelay = firstDelay
        self.maximumDelay = maximumDelay
        self.maximumServerDelay = maximumServerDelay
    }
}

/// The attempts of one request.
package struct RetrySchedule: Sendable {
    private let policy: RetryPolicy
    private var backoff: Backoff
    package private(set) var attempt = 1

    package init(_ policy: RetryPolicy) {
        self.policy = policy
        backoff = Backoff(first: policy.firstDelay, maximum: policy.maximumDelay)
    }

    /// The delay before the next attempt, which it counts; nil where there is none to be.
    package mutating func next(
        after error: ClaudeError, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard error.canRetry, attempt < policy.maximumAttempts else { return nil }
        var delay = backoff.next(using: &random)
        if case .api(let error) = error, let asked = error.advice.after {
            guard asked <= policy.maximumServerDelay else { return nil }
            delay = asked
        }
        attempt += 1
        return delay
    }
}
