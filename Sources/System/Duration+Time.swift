import Glibc

extension Duration {
    /// Whole seconds and the nanoseconds beyond them.
    public var timespec: timespec {
        let (seconds, attoseconds) = components
        return Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }

    /// Whole seconds and the microseconds beyond them.
    public var timeval: timeval {
        let time = timespec
        return Glibc.timeval(tv_sec: time.tv_sec, tv_usec: time.tv_nsec / 1_000)
    }
}
