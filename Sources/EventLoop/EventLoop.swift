import CLibEv
import Glibc
import System

/// One thread's event loop: descriptors, timers, signals, and messages from other threads.
///
/// Confined to the thread that runs it, with everything that it creates; only a ``Mailbox`` crosses
/// threads. A watcher works until it is cancelled or its last reference is released, and keeps its
/// loop alive. Callbacks run one at a time, on the loop's thread, and may do anything with any
/// watcher, also cancel or release their own. Wraps libev's `ev_loop_new`, `ev_run`, `ev_break`.
@safe public final class EventLoop {
    /// libev's loop; owned, destroyed with this object.
    let handle: OpaquePointer
    var endOfIterationWatchers: [EndOfIterationWatcher.Registration] = []
    /// The loop's side of each open mailbox.
    var wakeUps: [ObjectIdentifier: WakeUp] = [:]

    private let prepare: UnsafeMutablePointer<ev_prepare>
    private let check: UnsafeMutablePointer<ev_check>
    private var cachedNow = MonotonicClock.read()
    private var isRunning = false
    private var isStopRequested = false

    /// Makes an idle loop over epoll.
    /// - Throws: ``EventLoopError`` when the process has no descriptor left for it.
    public init() throws(EventLoopError) {
        guard let handle = unsafe ev_loop_new(UInt32(EVBACKEND_EPOLL)) else {
            throw EventLoopError.creationFailed(.last)
        }
        unsafe self.handle = unsafe handle
        unsafe prepare = .allocate(capacity: 1)
        unsafe check = .allocate(capacity: 1)
        unsafe prepare.initialize(to: ev_prepare())
        unsafe check.initialize(to: ev_check())
        unsafe switchboard_ev_prepare_init(prepare, endIteration)
        unsafe switchboard_ev_check_init(check, beginIteration)
        // Unretained: both watchers are stopped in `deinit`.
        unsafe prepare.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe check.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe ev_prepare_start(handle, prepare)
        unsafe ev_check_start(handle, check)
    }

    deinit {
        for wakeUp in wakeUps.values { wakeUp.detach() }
        unsafe ev_prepare_stop(handle, prepare)
        unsafe ev_check_stop(handle, check)
        unsafe prepare.deallocate()
        unsafe check.deallocate()
        unsafe ev_loop_destroy(handle)
    }

    /// Runs iterations until ``stop()``; at least one, also when stopped before.
    public func run() {
        precondition(!isRunning, "an event loop cannot be run from one of its own callbacks")
        isRunning = true
        _ = unsafe ev_run(handle, isStopRequested ? Int32(EVRUN_NOWAIT) : 0)
        isRunning = false
        isStopRequested = false
    }

    /// Ends ``run()`` after the callbacks of this iteration that are due already.
    public func stop() {
        isStopRequested = true
        unsafe ev_break(handle, Int32(EVBREAK_ONE))
    }

    /// `CLOCK_MONOTONIC`, read once per iteration; fresh while the loop is not running.
    public var now: Duration { isRunning ? cachedNow : MonotonicClock.read() }

    /// The `struct ev_loop *`, for a C library that brings its own watchers.
    package var foreignHandle: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(handle) }

    /// Outside of ``run()`` libev's own clock stands still, and a timer set by it would be early.
    func refreshClockWhenIdle() {
        if !isRunning { unsafe ev_now_update(handle) }
    }

    fileprivate func iterationBegan() {
        cachedNow = MonotonicClock.read()
    }

    fileprivate func iterationEnds() {
        // A callback may register or cancel watchers: the copy is what was registered before.
        for registration in endOfIterationWatchers { registration.watcher?.fire() }
    }
}

private func beginIteration(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_check>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().iterationBegan()
}

private func endIteration(
    _ loop: OpaquePointer?, _ watcher: UnsafeMutablePointer<ev_prepare>?, _ events: Int32
) {
    guard let data = unsafe watcher?.pointee.data else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().iterationEnds()
}
