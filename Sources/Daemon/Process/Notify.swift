import Glibc
import System

/// Tells the service manager how a daemon is (`sd_notify(3)`); silent where nobody asked.
///
/// Usable from any thread. Sending never blocks; a manager that does not read misses a message.
public struct Notify: Sendable {
    /// Nil when no manager is listening.
    private let manager: UnixAddress?
    /// How often the manager wants `watchdog()`, twice as often as it would lose patience.
    public let watchdogInterval: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    public init(environment: [String: String]) {
        let path = environment["NOTIFY_SOCKET"] ?? ""
        let isLocal = path.hasPrefix("/") || path.hasPrefix("@")
        // Any other address is none that a manager of this machine listens at.
        let manager = isLocal ? try? UnixAddress(path) : nil
        self.manager = manager
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
            .flatMap { manager != nil && isForUs && $0 > 0 ? .microseconds($0 / 2) : nil }
    }

    /// The listening sockets are open and the first request would be answered.
    public func ready(status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

    /// Draining has begun.
    public func stopping() { send("STOPPING=1\nSTATUS=draining") }

    /// The loop still turns.
    public func watchdog() { send("WATCHDOG=1") }

    /// What `systemctl status` shows: one line.
    public func status(_ text: String) { send("STATUS=\(Self.line(text))") }

    private static func line(_ text: String) -> String {
        LogText.escaped(text, maximumBytes: 256)
    }

    private func send(_ message: String) {
        guard let manager else { return }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        // A lost notification is repeated by the next one, or ends in the manager's own time-out.
        _ = unsafe manager.withPointer { address, length in
            unsafe sendto(
                descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
        }
    }
}
