import Glibc
import System

/// A client's end of a connection for tests that wait in their calls; the caller owns it.
public enum BlockingSocket {
    public static func connect(to path: String) throws -> Int32 {
        let descriptor = try UnixSocket.connect(to: path)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }

    /// - Parameter receiveBufferBytes: small, where the client is to be full soon.
    public static func connect(
        loopbackPort port: UInt16, receiveBufferBytes: Int32? = nil
    ) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBufferBytes {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, 4)
        }
        let address = LoopbackAddress(port: port)
        guard unsafe address.withPointer({ unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
