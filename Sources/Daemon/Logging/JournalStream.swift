import Glibc
import Logging

/// Standard error as systemd's journal reads it: `<3>` before a line is its priority, and the time
/// is known (sd-daemon(3)).
package enum JournalStream {
    /// Whether what is written to standard error goes to the journal.
    ///
    /// - Parameter environment: with `JOURNAL_STREAM`, device and inode of the journal's socket, which
    ///   a redirected process inherits all the same (systemd.exec(5)).
    package static func isStandardError(_ environment: [String: String]) -> Bool {
        var status = stat()
        guard unsafe fstat(2, &status) == 0 else { return false }
        return environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }

    /// Each line of a text with the priority of its level, of syslog(3)'s numbers.
    package static func marked(_ text: String, _ level: Logger.Level) -> String {
        let mark = "<\(priority(level))>"
        return text.split(separator: "\n").map { "\(mark)\($0)\n" }.joined()
    }

    private static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }
}
