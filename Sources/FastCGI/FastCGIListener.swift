import CFastCGI
import Glibc

/// The socket on which a web server's FastCGI connections arrive, shared by all request threads.
///
/// It owns its two descriptors and the socket's file.
public final class FastCGIListener: Sendable {
    /// Non-blocking, so that a thread that lost the race for a connection goes back to waiting.
    let descriptor: Int32
    /// An eventfd that becomes readable at `shutdown()` and stays so.
    let stopDescriptor: Int32
    /// The socket's file, removed at the end.
    public let path: String

    /// Binds and listens on a Unix socket, and leaves its file with `mode`.
    ///
    /// Until everything is set the file belongs to the owner alone; a file that a killed process left
    /// behind is replaced. Keep the directory closed to whoever must not connect.
    ///
    /// - Parameters:
    ///   - backlog: connections that wait in the kernel while every thread is busy.
    ///   - mode: permission bits, such as 0o660.
    public init(path: String, backlog: Int32, mode: UInt32) throws(FastCGIError) {
        try FastCGILibrary.initialise()
        let address = try UnixAddress(path)
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0
        )
        guard descriptor >= 0 else { throw .system(call: "socket", path: path, code: errno) }
        do {
            try address.removeLeftover()
            // Linux gives the file the mode of the unbound socket.
            try Self.check("fchmod", path, fchmod(descriptor, 0o600))
            try Self.check("bind", path, address.bind(descriptor))
            try Self.check("listen", path, listen(descriptor, backlog))
            try Self.check("chmod", path, unsafe chmod(path, mode))
            stopDescriptor = try Self.makeStopDescriptor(path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        close(stopDescriptor)
    }

    /// Ends accepting, from any thread; later calls change nothing.
    ///
    /// No new connection reaches the socket, those that wait in its backlog are still answered, then
    /// every `accept()` returns nil.
    public func shutdown() {
        unsafe unlink(path)
        eventfd_write(stopDescriptor, 1)
    }

    private static func makeStopDescriptor(_ path: String) throws(FastCGIError) -> Int32 {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        try check("eventfd", path, descriptor)
        return descriptor
    }

    private static func check(
        _ call: String, _ path: String, _ result: Int32
    ) throws(FastCGIError) {
        if result < 0 { throw .system(call: call, path: path, code: errno) }
    }
}
