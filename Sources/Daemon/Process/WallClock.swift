import Glibc
import Realtime

/// The time of day, for what people and other machines read.
///
/// Delays use the loop's own clock.
public enum WallClock {
    /// The moment of the call.
    public static var now: Timestamp { Timestamp(milliseconds: milliseconds) }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// Jumps when somebody sets the clock.
    public static var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// The same in nanoseconds, as the times of files are.
    public static var nanoseconds: Int64 {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux, and the address is ours.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
