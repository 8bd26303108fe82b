import Synchronization
import System

/// Threads for work that blocks on files or the network, started as they are needed.
///
/// Work may block for ever, on a file system whose server is gone: then its thread is lost until
/// that answers, and others are started, up to the limit. The queue is bounded: work beyond it is
/// refused. The threads end when the pool is released and its queue is empty.
final class BlockingPool: Sendable {
    private let queue: WorkQueue
    private let name: String

    init(name: String, maximumThreads: Int, maximumQueued: Int) {
        self.name = name
        queue = WorkQueue(maximumThreads: maximumThreads, maximumQueued: maximumQueued)
    }

    deinit { queue.close() }

    /// Hands work to a thread; from any thread.
    /// - Returns: false when the queue is full, or no thread can be had, and the work was not taken.
    func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        guard let needed = queue.append(work) else { return false }
        guard case .newThread(let number) = needed else { return true }
        let queue = queue
        let isStarted = NamedThread.startIfPossible("\(name)-\(number)") {
            while let work = queue.next() { work() }
        }
        return isStarted || queue.threadFailed()
    }
}

/// Work that waits for a thread.
private final class WorkQueue: Sendable {
    enum Need { case nothing, newThread(number: Int) }

    private struct State {
        var work: [@Sendable () -> Void] = []
        var isClosed = false
        var threads = 0
        /// Threads that wait for work, or are about to take some.
        var idle = 0
    }

    private let state = Mutex(State())
    /// One count for each piece of work, and one for each thread at the end.
    private let wakeUp = Semaphore()
    private let maximumThreads: Int
    private let maximumQueued: Int

    init(maximumThreads: Int, maximumQueued: Int) {
        self.maximumThreads = maximumThreads
        self.maximumQueued = maximumQueued
    }

    /// - Returns: nil when the work was not taken.
    func append(_ work: @escaping @Sendable () -> Void) -> Need? {
        let need: Need? = state.withLock { state in
            guard !state.isClosed, state.work.count < maximumQueued else { return nil }
            state.work.append(work)
            guard state.idle < state.work.count, state.threads < maximumThreads else {
                return .nothing
            }
            state.threads += 1
            state.idle += 1
            return .newThread(number: state.threads)
        }
        if need != nil { wakeUp.signal() }
        return need
    }

    /// A thread could not be started: its work is taken back unless another thread will do it.
    /// - Returns: whether somebody will.
    func threadFailed() -> Bool {
        state.withLock { state in
            state.threads -= 1
            state.idle -= 1
            guard state.threads == 0, !state.work.isEmpty else { return true }
            state.work.removeLast()
            return false
        }
    }

    /// Waits; nil when it is closed and empty.
    func next() -> (@Sendable () -> Void)? {
        while true {
            let (work, isClosed) = state.withLock { state in
                let work = state.work.isEmpty ? nil : state.work.removeFirst()
                if work != nil { state.idle -= 1 }
                return (work, state.isClosed)
            }
            if let work {
                return { [self] in
                    work()
                    state.withLock { $0.idle += 1 }
                }
            }
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
