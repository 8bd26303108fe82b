import Synchronization
import System

/// Hands elements from tasks to one thread that waits for them: a task goes on when its element was
/// taken, so that nothing piles up.
final class Handover<Element: Sendable>: Sendable {
    private struct State {
        var offers: [(element: Element, taken: CheckedContinuation<Void, Never>)] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let count = Semaphore()

    /// Waits until the thread has taken it; drops it where none takes any more.
    func offer(_ element: Element) async {
        await withCheckedContinuation { taken in
            let isOffered = state.withLock { state in
                if !state.isClosed { state.offers.append((element, taken)) }
                return !state.isClosed
            }
            if isOffered { count.signal() } else { taken.resume() }
        }
    }

    /// Blocks until there is one.
    func take() -> Element {
        count.wait()
        let offer = state.withLock { $0.offers.removeFirst() }
        offer.taken.resume()
        return offer.element
    }

    /// Nothing is taken any more.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.offers = [] }
            return state.offers
        }
        for offer in left { offer.taken.resume() }
    }
}
