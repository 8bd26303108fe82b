import Synchronization
import System

/// A few threads for work that blocks on files or the network.
///
/// Its queue is bounded: work beyond it is refused, and the call ends with an error that says so.
/// The threads end when the pool is released and its queue is empty.
final class BlockingPool: Sendable {
    /// Whether somebody still wants the result; read by the work now and then.
    final class Cancellation: Sendable {
        private let flag = Atomic(false)
        var isCancelled: Bool { flag.load(ordering: .relaxed) }
        func cancel() { flag.store(true, ordering: .relaxed) }
    }

    private let queue = WorkQueue()
    let maximumQueued: Int

    init(name: String, threads: Int, maximumQueued: Int) {
        self.maximumQueued = maximumQueued
        let queue = queue
        for index in 1...threads {
            NamedThread.start("\(name)-\(index)") {
                while let work = queue.next() { work() }
            }
        }
    }

    deinit { queue.close() }

    /// Hands work to a thread; from any thread.
    /// - Returns: false when the queue is full, and the work was not taken.
    func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        queue.append(work, maximum: maximumQueued)
    }
}

/// Work that waits for a thread.
private final class WorkQueue: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// One count for each piece of work, and one for each thread at the end.
    private let wakeUp = Semaphore()

    func append(_ work: @escaping @Sendable () -> Void, maximum: Int) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.work.count < maximum else { return false }
            state.work.append(work)
            return true
        }
        if isTaken { wakeUp.signal() }
        return isTaken
    }

    /// Waits; nil when it is closed and empty.
    func next() -> (@Sendable () -> Void)? {
        while true {
            let (work, isClosed) = state.withLock { state in
                (state.work.isEmpty ? nil : state.work.removeFirst(), state.isClosed)
            }
            if let work { return work }
            if isClosed {
                // The next thread has to see it too.
                wakeUp.signal()
                return nil
            }
            wakeUp.wait()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wakeUp.signal()
    }
}
