import Glibc

/// Reads `CLOCK_MONOTONIC`: time since an arbitrary origin, the same for all processes of a boot.
enum MonotonicClock {
    static func read() -> Duration {
        var time = timespec()
        // Can't fail: the clock exists and the pointer is valid (clock_gettime(2)).
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    /// As libev takes times: seconds, fractions included.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
