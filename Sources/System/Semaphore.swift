import CLinux
import Glibc

/// A counting semaphore (sem_overview(7)): for a thread that waits for others.
///
/// From any thread. Costs no system call while nobody waits.
@safe public final class Semaphore: Sendable {
    /// Allocated once, freed with this object.
    // Safe because a semaphore is made for several threads, and the pointer never changes.
    private nonisolated(unsafe) let handle: UnsafeMutablePointer<sem_t>

    /// Makes one whose count is 0.
    public init() {
        unsafe handle = .allocate(capacity: 1)
        unsafe handle.initialize(to: sem_t())
        unsafe sem_init(handle, 0, 0)
    }

    deinit {
        unsafe sem_destroy(handle)
        unsafe handle.deallocate()
    }

    /// Counts one up, which lets one thread go on.
    public func signal() { unsafe sem_post(handle) }

    /// Waits until the count is above 0, and counts one down.
    public func wait() {
        while unsafe sem_wait(handle) != 0 {}  // a signal came in between
    }

    /// The same for `limit` at most, on the monotonic clock: setting the time of day changes nothing.
    ///
    /// - Returns: false when the time was over, and nothing was counted.
    public func wait(atMost limit: Duration) -> Bool {
        var end = (MonotonicClock.read() + limit).timespec
        while unsafe switchboard_sem_wait_until(handle, &end) != 0 {
            if errno == ETIMEDOUT { return false }
        }
        return true
    }
}
