import Glibc

/// `CLOCK_MONOTONIC`: time since an arbitrary origin, the same for all processes of a boot.
public enum MonotonicClock {
    public static func read() -> Duration {
        var time = timespec()
        // Cannot fail: the clock exists and the pointer is valid (clock_gettime(2)).
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
