import CLibEv

/// What a descriptor can be ready for.
public struct Interest: OptionSet, Sendable, Hashable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Readable, at its end, or broken: a read will not block.
    public static let read = Interest(rawValue: 1)
    /// Writable or broken: a write will not block.
    public static let write = Interest(rawValue: 2)
}

extension EventLoop {
    /// Calls `body` whenever `descriptor` is ready for what it is watched for (level-triggered).
    ///
    /// The descriptor stays the caller's, who cancels the watcher before closing it.
    public func watch(
        _ descriptor: Int32, _ interest: Interest, _ body: @escaping (Interest) -> Void
    ) -> DescriptorWatcher {
        DescriptorWatcher(self, descriptor, interest, body)
    }
}

/// Watches one descriptor; see ``EventLoop/watch(_:_:_:)``.
///
/// Wraps `ev_io`.
@safe public final class DescriptorWatcher {
    private let loop: EventLoop
    private let descriptor: Int32
    private let watcher: UnsafeMutablePointer<ev_io>
    private var body: ((Interest) -> Void)?

    /// What is watched for; empty pauses the watcher.
    ///
    /// Without effect once cancelled.
    public var interest: Interest {
        didSet { if interest != oldValue, body != nil { restart() } }
    }

    fileprivate init(
        _ loop: EventLoop, _ descriptor: Int32, _ interest: Interest,
        _ body: @escaping (Interest) -> Void
    ) {
        precondition(descriptor >= 0, "a descriptor to watch must be open")
        self.loop = loop
        self.descriptor = descriptor
        self.interest = interest
        self.body = body
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_io())
        unsafe switchboard_ev_io_init(watcher, descriptorIsReady, descriptor, interest.rawValue)
        // Unretained: the watcher is stopped in `deinit` at the latest.
        unsafe watcher.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        restart()
    }

    deinit {
        cancel()
        unsafe watcher.deallocate()
    }

    /// Ends the watching for good and releases the callback.
    public func cancel() {
        body = nil
        unsafe ev_io_stop(loop.handle, watcher)
    }

    private func restart() {
        unsafe ev_io_stop(loop.handle, watcher)
        guard !interest.isEmpty else { return }
        unsafe switchboard_ev_io_set(watcher, descriptor, interest.rawValue)
        unsafe ev_io_start(loop.handle, watcher)
    }

    fileprivate func fire(_ ready: Interest) {
        body?(ready)
    }
}

private func descriptorIsReady(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_io>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<DescriptorWatcher>.fromOpaque(data).takeUnretainedValue()
        .fire(Interest(rawValue: events & 3))
}
