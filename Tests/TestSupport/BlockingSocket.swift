import Glibc
import System

/// A client's end of a Unix socket for tests that wait in their calls.
public enum BlockingSocket {
    /// The caller owns the descriptor.
    public static func connect(to path: String) throws -> Int32 {
        let descriptor = try UnixSocket.connect(to: path)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }
}
