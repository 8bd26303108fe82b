import JSON
import Synchronization

/// What a case's app answers when it is asked for a token.
final class SteppedTokens: Sendable {
    private struct State {
        var calls = 0
        /// Whether the last call is one that is never answered.
        var isSilent = false
    }

    private let answers: [JSONValue]
    private let state = Mutex(State())

    /// `token`, or `tokens` call after call: null fails, false never answers.
    init(_ options: JSONValue?) {
        answers = options?["tokens"]?.arrayValue ?? options?["token"].map { [$0] } ?? []
    }

    var isEmpty: Bool { answers.isEmpty }

    /// Whether the client's last question was asked, and waits for ever.
    func isSilent(since calls: Int) -> Bool {
        state.withLock { $0.calls == calls && $0.isSilent }
    }

    func next() async throws -> String? {
        let answer = state.withLock { state in
            let answer = answers[min(state.calls, answers.count - 1)]
            state.calls += 1
            state.isSilent = answer == .bool(false)
            return answer
        }
        guard let text = answer.stringValue else {
            guard answer == .bool(false) else { throw CaseFailure("there is no token") }
            while true { try await Task.sleep(for: .seconds(3_600)) }
        }
        return text
    }
}
