import CFastCGI
import Glibc
import System

/// The socket on which a web server's FastCGI connections arrive, shared by all request threads.
///
/// It owns its two descriptors and the socket's file.
public final class FastCGIListener: Sendable {
    /// An eventfd that becomes readable at `shutdown()` and stays so.
    let stopDescriptor: Int32
    private let listener: UnixListener

    /// The socket's file, removed at the end.
    public var path: String { listener.path }
    /// Non-blocking, so that a thread that lost the race for a connection goes back to waiting.
    var descriptor: Int32 { listener.descriptor }

    /// Listens on a Unix socket, whose file gets `mode`; see ``UnixListener``.
    ///
    /// - Parameters:
    ///   - backlog: connections that wait in the kernel while every thread is busy.
    ///   - mode: permission bits, such as 0o660.
    public init(path: String, backlog: Int32, mode: UInt32) throws(FastCGIError) {
        try FastCGILibrary.initialise()
        do throws(UnixSocketError) {
            listener = try UnixListener(path: path, backlog: backlog, mode: mode)
        } catch {
            throw .socket(error)
        }
        stopDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard stopDescriptor >= 0 else {
            let error = SystemError.last
            listener.close()
            throw .system(call: "eventfd", path: path, error)
        }
    }

    deinit {
        listener.close()
        close(stopDescriptor)
    }

    /// Ends accepting, from any thread; later calls change nothing.
    ///
    /// No new connection reaches the socket, those that wait in its backlog are still answered, then
    /// every `accept()` returns nil.
    public func shutdown() {
        listener.removeFile()
        eventfd_write(stopDescriptor, 1)
    }
}
