import Synchronization
import System

/// Whole requests that wait for a thread, in the order in which they became whole.
///
/// It holds at most one request a connection, of which the server bounds the number.
final class FastCGIQueue: Sendable {
    private struct State {
        var waiting: [FastCGIExchange] = []
        var taken = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Counts one for each request that waits, and one for each thread that is to end.
    private let news = Semaphore()

    func add(_ exchange: FastCGIExchange) {
        state.withLock { $0.waiting.append(exchange) }
        news.signal()
    }

    /// The next request, blocking; nil once the queue is closed and empty.
    func next() -> FastCGIExchange? {
        news.wait()
        return state.withLock { state in
            guard state.taken < state.waiting.count else { return nil }
            defer {
                state.taken += 1
                if state.taken == state.waiting.count || state.taken >= 64 {
                    state.waiting.removeFirst(state.taken)
                    state.taken = 0
                }
            }
            return state.waiting[state.taken]
        }
    }

    /// Ends every thread that waits, after what waits.
    func close(threads: Int) {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { for _ in 0..<threads { news.signal() } }
    }
}
