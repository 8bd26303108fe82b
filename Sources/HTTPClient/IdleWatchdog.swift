import EventLoop

/// Tells when no byte has moved in either direction for a time.
///
/// Arrivals only note the time; the timer looks at it when it is due, so that a busy stream costs
/// no timer operation a packet. What was sent is asked for then, to within one more limit. A loop
/// that was held up finds everything late at once, and bytes that wait to be read: so a stream is
/// dead only when nothing came in a tenth more.
final class IdleWatchdog {
    private let loop: EventLoop
    private let limit: Duration
    private let sentBytes: () -> Int
    private let expired: () -> Void
    private var lastActivity: Duration
    private var lastSentBytes = 0
    private var isSuspected = false
    private var timer: Timer?

    init(
        _ loop: EventLoop, limit: Duration, sentBytes: @escaping () -> Int,
        expired: @escaping () -> Void
    ) {
        self.loop = loop
        self.limit = limit
        self.sentBytes = sentBytes
        self.expired = expired
        lastActivity = loop.now
        timer = loop.schedule(after: limit) { [unowned self] in check() }
    }

    func bytesArrived() { lastActivity = loop.now }

    private func check() {
        let sent = sentBytes()
        if sent != lastSentBytes {
            lastSentBytes = sent
            lastActivity = loop.now
        }
        let left = limit - (loop.now - lastActivity)
        if left > .zero {
            isSuspected = false
            timer?.reschedule(after: left)
        } else if !isSuspected {
            isSuspected = true
            timer?.reschedule(after: limit / 10)
        } else {
            expired()
        }
    }
}
