import Glibc
import System

/// A listening TCP socket on 127.0.0.1.
enum LoopbackSocket {
    static func bind(_ port: Int, backlog: Int32) throws(WebSocketsError) -> Int32 {
        func failure(_ call: String) -> WebSocketsError {
            .loopbackFailed(call: call, port: port, .last)
        }
        guard let networkPort = UInt16(exactly: port)?.bigEndian else {
            errno = EINVAL
            throw failure("port")
        }
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0
        )
        guard descriptor >= 0 else { throw failure("socket") }
        var one: Int32 = 1
        // Cannot fail for a fresh socket; without it a restart would wait for old connections.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        // Accepted sockets inherit it: what a round of the loop wrote goes out at once.
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = networkPort
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = unsafe withSocketAddress(address) { unsafe Glibc.bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, backlog) == 0 else {
            let error = failure(bound == 0 ? "listen" : "bind")
            _ = close(descriptor)
            throw error
        }
        return descriptor
    }

    static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0, address.sin_family == sa_family_t(AF_INET) else { return 0 }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
