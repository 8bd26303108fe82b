import Glibc
import Synchronization

/// Runs `body` on a detached POSIX thread: what blocks stays off the cooperative pool.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void;
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    unsafe pthread_create(
        &thread, nil,
        { pointer in
            if let pointer = unsafe pointer {
                unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
            }
            return nil
        }, box)
    pthread_detach(thread)
}

/// A flag that one thread sets and another waits for.
final class DispatchedFlag: Sendable {
    private let descriptors: (read: Int32, write: Int32)

    init() {
        var pair: [Int32] = [0, 0]
        unsafe pipe(&pair)
        descriptors = (pair[0], pair[1])
    }

    deinit {
        close(descriptors.read)
        close(descriptors.write)
    }

    func set() {
        unsafe _ = write(descriptors.write, "x", 1)
    }

    /// True once set, false after 5 s.
    func wait() -> Bool {
        var query = pollfd(fd: descriptors.read, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&query, 1, 5000) == 1
    }
}
