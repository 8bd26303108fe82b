import CLibEv

extension EventLoop {
    /// Calls `body` once `after` has passed, then every `repeating`, if given.
    ///
    /// Times count from ``now``. A repeating timer that was late is not called twice to catch up.
    public func schedule(
        after: Duration, repeating: Duration? = nil, _ body: @escaping () -> Void
    ) -> Timer {
        Timer(self, after, repeating, body)
    }
}

/// A timer; see ``EventLoop/schedule(after:repeating:_:)``.
///
/// Wraps `ev_timer`, resolution about 1 ms.
@safe public final class Timer {
    private let loop: EventLoop
    private let watcher: UnsafeMutablePointer<ev_timer>
    private let interval: Double
    private var body: (() -> Void)?

    fileprivate init(
        _ loop: EventLoop, _ after: Duration, _ repeating: Duration?, _ body: @escaping () -> Void
    ) {
        precondition(repeating.map { $0 > .zero } ?? true, "a timer's interval must be positive")
        self.loop = loop
        self.body = body
        interval = repeating?.inSeconds ?? 0
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_timer())
        unsafe switchboard_ev_timer_init(watcher, timeHasPassed, 0, interval)
        // Unretained: the watcher is stopped in `deinit` at the latest.
        unsafe watcher.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        reschedule(after: after)
    }

    deinit {
        cancel()
        unsafe watcher.deallocate()
    }

    /// Whether a call is due.
    public var isActive: Bool { unsafe watcher.pointee.active != 0 }

    /// Sets the next call to `after` from now, whether or not one was due; a time that has passed
    /// already means the next iteration.
    ///
    /// Without effect once cancelled.
    public func reschedule(after: Duration) {
        guard body != nil else { return }
        loop.refreshClockWhenIdle()
        unsafe ev_timer_stop(loop.handle, watcher)
        unsafe switchboard_ev_timer_set(watcher, max(0, after.inSeconds), interval)
        unsafe ev_timer_start(loop.handle, watcher)
    }

    /// Ends the timer for good and releases the callback.
    public func cancel() {
        body = nil
        unsafe ev_timer_stop(loop.handle, watcher)
    }

    fileprivate func fire() {
        body?()
    }
}

private func timeHasPassed(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_timer>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<Timer>.fromOpaque(data).takeUnretainedValue().fire()
}

extension Duration {
    /// As libev takes times: seconds, fractions included.
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
