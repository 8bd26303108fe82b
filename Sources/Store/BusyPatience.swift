import Glibc
import Synchronization

/// How long a connection waits for the lock of another.
///
/// SQLite's own time-out sleeps longer with each try, up to 100 ms; the lock is held for a
/// millisecond at most times.
final class BusyPatience: Sendable {
    private static let retryMicroseconds: UInt32 = 200

    private let patience: Duration
    private let isSuspended = Atomic(false)
    private let begin = Mutex(ContinuousClock.now)

    init(_ patience: Duration) { self.patience = patience }

    /// Sleeps a little, and says whether to try again; `count` is 0 at the first failure.
    func waits(after count: Int) -> Bool {
        let now = ContinuousClock.now
        let waited = begin.withLock { begin in
            if count == 0 { begin = now }
            return now - begin
        }
        guard waited < patience, !isSuspended.load(ordering: .relaxed) else { return false }
        usleep(Self.retryMicroseconds)
        return true
    }

    /// Runs `body` without any patience.
    func suspended<Result>(_ body: () throws -> Result) rethrows -> Result {
        isSuspended.store(true, ordering: .relaxed)
        defer { isSuspended.store(false, ordering: .relaxed) }
        return try body()
    }
}
