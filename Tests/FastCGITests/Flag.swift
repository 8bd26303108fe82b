import Glibc

/// A flag that one thread sets and another waits for.
final class Flag: Sendable {
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

    /// True once set, false after a minute.
    func wait() -> Bool {
        var query = pollfd(fd: descriptors.read, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&query, 1, 60_000) == 1
    }
}
