import Crypto
import HTTPClient

/// One request from its first attempt to its one end: which attempt, what of it, and what then.
struct ExchangeStateMachine {
    enum Action: Equatable {
        case send
        case closeConnection
        case wait(Duration)
        case deliver(ClaudeEvent)
    }

    /// Largest body of an error answer that is read; its message is shorter by far.
    static let maximumErrorBytes = 64 * 1024

    private enum State {
        case waitingForHead
        case reading(AnswerReader)
        case readingError(status: Int, body: [UInt8])
        case waitingToRetry
        case over
    }

    private var state = State.waitingForHead
    private var schedule: RetrySchedule
    private var headers: [(name: String, value: String)] = []
    private let key: Secret

    /// The key is taken out of whatever a peer says.
    init(policy: RetryPolicy, key: Secret) {
        schedule = RetrySchedule(policy)
        self.key = key
    }

    /// The delay of a retry is over.
    mutating func retryIsDue() -> [Action] {
        guard case .waitingToRetry = state else { return [] }
        state = .waitingForHead
        return [.send]
    }

    mutating func receive(
        _ event: HTTPTransferEvent, idleTimeout: Duration,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch event {
        case .head(let status, let headers):
            self.headers = headers
            return begin(status, &random)
        case .bytes(let bytes): return take(bytes, &random)
        case .ended(let error): return end(error, idleTimeout, &random)
        }
    }

    private mutating func begin(
        _ status: Int, _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        guard (200...299).contains(status) else {
            state = .readingError(status: status, body: [])
            return []
        }
        state = .reading(AnswerReader(contentType: header("content-type") ?? ""))
        return []
    }

    private mutating func take(
        _ bytes: [UInt8], _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .readingError(let status, var body):
            body += bytes.prefix(Self.maximumErrorBytes - body.count)
            state = .readingError(status: status, body: body)
            return body.count < Self.maximumErrorBytes
                ? [] : fail(error(status, body), &random)
        case .reading(var reader):
            // Moved out, changed, and put back: an enum's payload would be copied.
            state = .over
            let outcome = reader.receive(bytes)
            state = .reading(reader)
            return finish(outcome, &random)
        case .waitingForHead, .waitingToRetry, .over: return []
        }
    }

    private mutating func finish(
        _ outcome: (events: [ClaudeEvent], failure: ClaudeError?),
        _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        let actions = outcome.events.map(Action.deliver)
        if case .completed? = outcome.events.last {
            // The connection ends by itself, and serves the next request.
            state = .over
        } else if let failure = outcome.failure {
            return actions + fail(failure, &random)
        }
        return actions
    }

    /// The time for what is waited for is over (``ExchangeStateMachine/patience``).
    mutating func timeIsUp(
        after limit: Duration, using random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .waitingToRetry, .over: return []
        case .waitingForHead: return fail(.silent(for: limit), &random)
        case .readingError(let status, let body): return fail(error(status, body), &random)
        case .reading(var reader):
            guard reader.isEnding else { return fail(.silent(for: limit), &random) }
            // All was said; only the end of it never comes.
            return [.closeConnection] + finish(reader.ended(), &random)
        }
    }

    /// Whether only the end is missing, and a number that grows while something else comes.
    var patience: (isEnding: Bool, progress: Int)? {
        switch state {
        case .waitingForHead: (false, -1)
        case .readingError: (true, 0)
        case .reading(let reader): (reader.isEnding, reader.progress)
        case .waitingToRetry, .over: nil
        }
    }

    private mutating func end(
        _ error: HTTPClientError?, _ idleTimeout: Duration,
        _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .waitingToRetry, .over: return []
        case .readingError(let status, let body): return fail(self.error(status, body), &random)
        case .waitingForHead:
            return fail(error.map { Self.reason($0, idleTimeout) } ?? .dropped, &random)
        case .reading(var reader):
            let outcome = reader.ended()
            guard let error, outcome.failure != nil else { return finish(outcome, &random) }
            // Half an answer, and why there is no more of it.
            let reason = error.cause == .failed ? .dropped : Self.reason(error, idleTimeout)
            return finish((outcome.events, reason), &random)
        }
    }

    private static func reason(_ error: HTTPClientError, _ idleTimeout: Duration) -> ClaudeError {
        error.cause == .silent ? .silent(for: idleTimeout) : .connection(error)
    }

    private mutating func fail(
        _ error: ClaudeError, _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        var reason = error
        if case .api(let error) = error {
            reason = .api(error.redacted(key.reveal(), requestID: header("request-id")))
        }
        var discardsPreview = false
        if case .reading(let reader) = state { discardsPreview = reader.hasBegun }
        guard let delay = schedule.next(after: reason, using: &random) else {
            state = .over
            return [.closeConnection, .deliver(.failed(reason))]
        }
        state = .waitingToRetry
        let retry = Retry(
            attempt: schedule.attempt, delay: delay, reason: reason,
            discardsPreview: discardsPreview)
        return [.closeConnection, .deliver(.retrying(retry)), .wait(delay)]
    }

    private func error(_ status: Int, _ body: [UInt8]) -> ClaudeError {
        .api(APIError(status: status, headers: headers, body: body))
    }

    private func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
