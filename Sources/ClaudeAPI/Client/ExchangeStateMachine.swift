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
        case streaming(ServerSentEventParser, MessageStreamStateMachine)
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
        let type = header("content-type") ?? "of no type"
        guard type.lowercased().hasPrefix("text/event-stream") else {
            return fail(
                .malformed("its answer is \(type.prefix(80)), no event stream"), &random)
        }
        state = .streaming(ServerSentEventParser(), MessageStreamStateMachine())
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
        case .streaming(var parser, var machine):
            // Moved out, changed, and put back: an enum's payload would be copied.
            state = .over
            let outcome = Self.fold(bytes, &parser, &machine)
            state = .streaming(parser, machine)
            return finish(outcome, &random)
        case .waitingForHead, .waitingToRetry, .over: return []
        }
    }

    private static func fold(
        _ bytes: [UInt8], _ parser: inout ServerSentEventParser,
        _ machine: inout MessageStreamStateMachine
    ) -> (events: [ClaudeEvent], failure: ClaudeError?) {
        var events: [ClaudeEvent] = []
        do {
            for event in parser.receive(bytes) {
                if let event = try machine.receive(event) { events.append(event) }
            }
        } catch {
            return (events, error)
        }
        if case .eventTooLarge(let maximumBytes)? = parser.failure {
            return (events, .tooLarge(maximumBytes: maximumBytes))
        }
        return (events, nil)
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

    private mutating func end(
        _ error: HTTPClientError?, _ idleTimeout: Duration,
        _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .waitingToRetry, .over: return []
        case .readingError(let status, let body): return fail(self.error(status, body), &random)
        case .waitingForHead, .streaming: break
        }
        guard let error else { return fail(.dropped, &random) }
        var failure = ClaudeError.connection(error)
        if error.cause == .silent { failure = .silent(for: idleTimeout) }
        if case .streaming = state, error.cause == .failed { failure = .dropped }
        return fail(failure, &random)
    }

    private mutating func fail(
        _ error: ClaudeError, _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        var reason = error
        if case .api(let error) = error {
            reason = .api(error.redacted(key.reveal(), requestID: header("request-id")))
        }
        var discardsPreview = false
        if case .streaming(_, let machine) = state { discardsPreview = machine.hasBegun }
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
