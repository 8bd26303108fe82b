import CLibEv

extension EventLoop {
    /// Calls `body` on the loop after the process got signal `number`, in place of its default
    /// action.
    ///
    /// Several that arrive together may be one call. One loop of a process per signal.
    public func onSignal(_ number: Int32, _ body: @escaping () -> Void) -> SignalWatcher {
        SignalWatcher(self, number, body)
    }
}

/// Watches one signal; see ``EventLoop/onSignal(_:_:)``.
///
/// Wraps `ev_signal`.
@safe public final class SignalWatcher {
    private let loop: EventLoop
    private let watcher: UnsafeMutablePointer<ev_signal>
    private var body: (() -> Void)?

    fileprivate init(_ loop: EventLoop, _ number: Int32, _ body: @escaping () -> Void) {
        self.loop = loop
        self.body = body
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_signal())
        unsafe switchboard_ev_signal_init(watcher, signalArrived, number)
        // Unretained: the watcher is stopped in `deinit` at the latest.
        unsafe watcher.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe ev_signal_start(loop.handle, watcher)
    }

    deinit {
        cancel()
        unsafe watcher.deallocate()
    }

    /// Ends the watching; with the last watcher of a signal its default action is back.
    public func cancel() {
        body = nil
        unsafe ev_signal_stop(loop.handle, watcher)
    }

    fileprivate func fire() {
        body?()
    }
}

private func signalArrived(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_signal>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<SignalWatcher>.fromOpaque(data).takeUnretainedValue().fire()
}
