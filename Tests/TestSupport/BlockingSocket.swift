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
        loopbackPort port: Int, receiveBufferBytes: Int32? = nil
    ) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBufferBytes {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, 4)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        guard unsafe withSocketAddress(address, { unsafe Glibc.connect(descriptor, $0, $1) }) == 0
        else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
