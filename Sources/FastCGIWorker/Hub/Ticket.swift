import Glibc
import System

/// The place where one request thread waits for one answer of the loop thread.
@safe package final class Ticket: Sendable {
    private enum State {
        case open
        case filled(HubReply)
        case abandoned
    }

    /// Guarded by the mutex.
    nonisolated(unsafe) private var state = State.open
    /// Both allocated once: POSIX knows them by their addresses.
    ///
    /// Safe because their functions may be called from any thread.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Waits for the answer; once it gave up, a late answer is dropped.
    package func wait(_ limit: Duration) -> HubReply {
        var end = Self.moment(after: limit)
        return locked {
            while case .open = unsafe state {
                if unsafe pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { break }
            }
            if case .filled(let reply) = unsafe state { return reply }
            unsafe state = .abandoned
            return .late
        }
    }

    /// Answers; only the first answer counts.
    package func fill(_ reply: HubReply) {
        locked {
            guard case .open = unsafe state else { return }
            unsafe state = .filled(reply)
            unsafe pthread_cond_signal(condition)
        }
    }

    /// Whether nobody waits any more.
    package var isAbandoned: Bool {
        locked { if case .abandoned = unsafe state { true } else { false } }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// On the monotonic clock, so that setting the time of day changes no deadline.
    private static func moment(after limit: Duration) -> timespec {
        (MonotonicClock.read() + limit).timespec
    }
}
