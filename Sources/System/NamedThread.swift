import Glibc

/// A thread of its own for work that blocks, so that it never holds up a loop or the cooperative
/// pool; its name shows in `top -H` and in debuggers.
public enum NamedThread {
    /// Starts a detached thread that runs `body` once.
    ///
    /// Names are cut to 15 bytes by the kernel. Running out of threads is a programmer's mistake:
    /// there are only a few, all started for a known reason.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let failure = make(name, body)
        precondition(
            failure == 0, "the thread \(name) could not be started: \(SystemError(failure))")
    }

    /// The same where others ask for threads: running out of them is no mistake.
    /// - Returns: whether it was started.
    public static func startIfPossible(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        make(name, body) == 0
    }

    /// - Returns: 0, or why the system has no thread.
    private static func make(_ name: String, _ body: @escaping @Sendable () -> Void) -> Int32 {
        let start = ThreadStart(name: name, body: body)
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        // Retained here, released by the thread.
        let owner = unsafe Unmanaged.passRetained(start)
        let context = unsafe owner.toOpaque()
        let result = unsafe pthread_create(&thread, &attributes, threadBegan, context)
        unsafe pthread_attr_destroy(&attributes)
        if result != 0 { unsafe owner.release() }
        return result
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func threadBegan(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
    nameOwnThread(start.name)
    start.body()
    return nil
}

/// As `pthread_setname_np` does, which glibc shows to GNU sources only.
///
/// A name is for people who look: without it the thread works all the same.
private func nameOwnThread(_ name: String) {
    let descriptor = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(name.utf8.prefix(15))
    _ = unsafe write(descriptor, bytes, bytes.count)
}
