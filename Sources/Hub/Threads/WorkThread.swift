import Daemon
import Synchronization
import System

/// A named thread for work that blocks: one piece after the other, from a bounded queue; or several
/// threads of the name.
///
/// From any thread. What is over the capacity is refused at once, so that whoever asked can say so.
package final class WorkThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    /// Counts what was submitted.
    private let work = Semaphore()
    private let threads: Int
    /// Counts each thread that has ended.
    private let end = Semaphore()

    /// - Parameters:
    ///   - name: at most 15 bytes, as tools show it.
    ///   - capacity: pieces that may wait.
    package init(name: String, capacity: Int, threads: Int = 1) {
        self.capacity = capacity
        self.threads = threads
        for _ in 0..<threads {
            NamedThread.start(name) { [self] in
                while let job = next() { job() }
                end.signal()
            }
        }
    }

    /// False when too much is waiting, or the thread is stopping: then `job` does not run.
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.jobs.count < capacity else { return false }
            state.jobs.append(job)
            return true
        }
        if isTaken { work.signal() }
        return isTaken
    }

    /// For long jobs to ask between their steps.
    package var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Drops what waits and returns when what runs has ended; called once.
    package func stop() {
        state.withLock {
            $0.isStopping = true
            $0.jobs = []
        }
        for _ in 0..<threads { work.signal() }
        for _ in 0..<threads { end.wait() }
    }

    /// Waits for work; nil at the end.
    private func next() -> (@Sendable () -> Void)? {
        while true {
            work.wait()
            let (job, isStopping) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopping)
            }
            if isStopping { return nil }
            if let job { return job }
        }
    }
}
