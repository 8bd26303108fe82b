import CLibEv

/// Wakes its loop from other threads.
///
/// Confined to the loop, which keeps it until it is cancelled, except for its ``Sender``. Wraps
/// `ev_async`.
final class WakeUp {
    /// The one libev call that is allowed from any thread, as long as the wake-up is not cancelled.
    @safe struct Sender: @unchecked Sendable {
        // Safe because ev_async_send is thread-safe, and whoever holds a sender gives it up,
        // under a lock, in `cancelled`, which comes before the watcher is stopped.
        fileprivate let loop: OpaquePointer
        fileprivate let watcher: UnsafeMutablePointer<ev_async>

        func send() { unsafe ev_async_send(loop, watcher) }
    }

    let sender: Sender
    // Unowned: the loop owns its wake-ups and cancels them before it goes away.
    private unowned let loop: EventLoop
    private let woken: (WakeUp) -> Void
    private let cancelled: () -> Void

    /// - Parameters:
    ///   - woken: called on the loop after one `send` or several.
    ///   - cancelled: must see to it that nobody uses the sender any more.
    init(_ loop: EventLoop, woken: @escaping (WakeUp) -> Void, cancelled: @escaping () -> Void) {
        self.loop = loop
        self.woken = woken
        self.cancelled = cancelled
        let watcher = UnsafeMutablePointer<ev_async>.allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_async())
        unsafe switchboard_ev_async_init(watcher, loopWasWoken)
        unsafe sender = Sender(loop: loop.handle, watcher: watcher)
        // Unretained: stopped in `detach` by the loop, which keeps this object until then.
        unsafe watcher.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe ev_async_start(loop.handle, watcher)
        loop.wakeUps[ObjectIdentifier(self)] = self
    }

    deinit {
        unsafe sender.watcher.deallocate()
    }

    /// Ends it for good: the loop lets go of it.
    func cancel() {
        loop.wakeUps[ObjectIdentifier(self)] = nil
        detach()
    }

    /// Ends the use of the sender, then stops the watcher.
    func detach() {
        cancelled()
        unsafe ev_async_stop(sender.loop, sender.watcher)
    }

    fileprivate func fire() {
        woken(self)
    }
}

private func loopWasWoken(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_async>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<WakeUp>.fromOpaque(data).takeUnretainedValue().fire()
}
