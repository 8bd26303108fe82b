import Glibc
import Synchronization

/// A named thread for work that blocks: one piece after the other, from a bounded queue.
///
/// From any thread. What is over the capacity is refused at once, so that whoever asked can say so.
@safe package final class WorkThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    /// Counts what was submitted; allocated once, freed with this object.
    // Safe because a semaphore is made for several threads, and the pointer never changes.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>
    /// Nil before the thread began and after it was joined.
    private let thread = Mutex<pthread_t?>(nil)

    /// - Parameters:
    ///   - name: at most 15 bytes, as tools show it.
    ///   - capacity: pieces that may wait.
    package init(name: String, capacity: Int) {
        self.capacity = capacity
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
        let start = ThreadStart { [weak self] in
            Self.setName(name)
            while let job = self?.next() { job() }
        }
        var handle = pthread_t()
        let result = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(result == 0, "the system has no thread left for \(name) (errno \(result))")
        thread.withLock { $0 = handle }
    }

    deinit {
        precondition(thread.withLock { $0 == nil }, "a work thread is stopped before it goes")
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// False when too much is waiting, or the thread is stopping: then `job` does not run.
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.jobs.count < capacity else { return false }
            state.jobs.append(job)
            return true
        }
        if isTaken { unsafe sem_post(semaphore) }
        return isTaken
    }

    /// For long jobs to ask between their steps.
    package var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Drops what waits and returns when the running piece has ended.
    package func stop() {
        state.withLock {
            $0.isStopping = true
            $0.jobs = []
        }
        unsafe sem_post(semaphore)
        let handle = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let handle { pthread_join(handle, nil) }
    }

    /// Waits for work; nil at the end.
    private func next() -> (@Sendable () -> Void)? {
        while true {
            while unsafe sem_wait(semaphore) != 0 {}  // a signal came in between
            let (job, isStopping) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopping)
            }
            if isStopping { return nil }
            if let job { return job }
        }
    }

    /// `pthread_setname_np` is hidden from Swift; this file is what it writes to (proc(5)).
    private static func setName(_ name: String) {
        let descriptor = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = unsafe write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}

/// The first function of a thread, as an object that C can hold.
private final class ThreadStart: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
