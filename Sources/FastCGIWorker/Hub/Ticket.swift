import Synchronization
import System

/// The place where one request thread waits for one answer of the loop thread.
package final class Ticket: Sendable {
    private enum State {
        case open
        case filled(HubReply)
        case abandoned
    }

    private let state = Mutex(State.open)
    /// Counts one, when the answer is there.
    private let answer = Semaphore()

    package init() {}

    /// Waits for the answer; once it gave up, a late answer is dropped.
    package func wait(_ limit: Duration) -> HubReply {
        _ = answer.wait(atMost: limit)
        return state.withLock { state in
            if case .filled(let reply) = state { return reply }
            state = .abandoned
            return .late
        }
    }

    /// Answers; only the first answer counts.
    package func fill(_ reply: HubReply) {
        let isTaken = state.withLock { state in
            guard case .open = state else { return false }
            state = .filled(reply)
            return true
        }
        if isTaken { answer.signal() }
    }

    /// Whether nobody waits any more.
    package var isAbandoned: Bool {
        state.withLock { if case .abandoned = $0 { true } else { false } }
    }
}
