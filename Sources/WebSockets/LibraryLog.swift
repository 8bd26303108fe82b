import CLibWebSockets
import Synchronization

/// libwebsockets' own log lines: its log is one per process, whoever uses it.
enum LibraryLog {
    /// Who listens: a server on any thread, a client to what its own thread causes.
    private struct Listeners {
        var server: (@Sendable (String) -> Void)?
        var client: (@Sendable (String) -> Void)?
    }

    private static let listeners = Mutex(Listeners())

    /// Errors and warnings of the whole process go there, a line each.
    static func listen(asServer listener: @escaping @Sendable (String) -> Void) {
        listeners.withLock { $0.server = listener }
        begin()
    }

    /// As for a server, beside it: a client tells lines of its own thread from others itself.
    static func listen(asClient listener: @escaping @Sendable (String) -> Void) {
        listeners.withLock { $0.client = listener }
        begin()
    }

    private static func begin() {
        unsafe lws_set_log_level(Int32(LLL_ERR | LLL_WARN), takeLogLine)
    }

    fileprivate static func write(_ line: String) {
        let listeners = listeners.withLock { $0 }
        listeners.server?(line)
        listeners.client?(line)
    }
}

private func takeLogLine(_ level: Int32, _ line: UnsafePointer<CChar>?) {
    guard let line = unsafe line else { return }
    var text = unsafe String(cString: line)
    while text.hasSuffix("\n") { text.removeLast() }
    LibraryLog.write(text)
}
