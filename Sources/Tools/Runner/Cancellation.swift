import Synchronization

/// Whether somebody still wants what a thread works on; from any thread.
///
/// A change of a file has one moment from which it can't be taken back. Before it a cancel is
/// certain to be heeded, and can be answered at once, whatever the thread hangs in.
package final class Cancellation: Sendable {
    private enum State: UInt8, AtomicRepresentable { case open, cancelled, committed }

    private let state = Atomic(State.open)

    package init() {}

    /// Read by the work now and then.
    package var isCancelled: Bool { state.load(ordering: .acquiring) == .cancelled }

    /// - Returns: false when it is too late: the change is being made, or was.
    package func cancel() -> Bool {
        let (_, original) = state.compareExchange(
            expected: .open, desired: .cancelled, ordering: .acquiringAndReleasing)
        return original != .committed
    }

    /// The last step before a change: asked once, by the work.
    /// - Returns: false when it was cancelled, and nothing may be changed.
    package func commit() -> Bool {
        state.compareExchange(
            expected: .open, desired: .committed, ordering: .acquiringAndReleasing
        ).exchanged
    }
}
