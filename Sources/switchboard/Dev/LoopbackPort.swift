import Glibc
import System

/// The port that nginx is to have on this machine's own addresses.
enum LoopbackPort {
    /// The addresses to listen at, as nginx writes them; IPv6 where the machine has it.
    ///
    /// Port 0 stands for any free one. Waits up to a second for a port that is just being freed by
    /// an installation that was killed, and then says who could not have it.
    static func reserve(
        _ wanted: UInt16
    ) throws(CommandFailure) -> (port: UInt16, listen: [String]) {
        var attempts = 20
        while true {
            do {
                let port = try bind(wanted, family: AF_INET) ?? wanted
                let hasIPv6 = try bind(port, family: AF_INET6) != nil
                return (port, ["127.0.0.1:\(port)"] + (hasIPv6 ? ["[::1]:\(port)"] : []))
            } catch {
                attempts -= 1
                guard attempts > 0 else { throw error }
                usleep(50_000)
            }
        }
    }

    /// Binds, asks which port it is, and lets go again; nil where the family is not there.
    private static func bind(_ port: UInt16, family: Int32) throws(CommandFailure) -> UInt16? {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // As nginx does: connections of an earlier listener may still be lingering.
        var on: Int32 = 1
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = LoopbackAddress(family: family, port: port)
        guard unsafe address.withPointer({ unsafe Glibc.bind(descriptor, $0, $1) }) == 0,
            listen(descriptor, 1) == 0
        else {
            if errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT { return nil }
            let reason = errno == EADDRINUSE ? "another program has it" : "\(SystemError.last)"
            throw CommandFailure(
                "could not use port \(port): \(reason); choose another one with --port")
        }
        var length: socklen_t = 0
        _ = unsafe address.withMutablePointer { pointer, size in
            length = size
            return unsafe getsockname(descriptor, pointer, &length)
        }
        return address.port
    }
}

/// `127.0.0.1` or `::1` with a port, as the socket calls take it.
struct LoopbackAddress {
    private var storage = sockaddr_storage()
    private let family: Int32

    init(family: Int32, port: UInt16) {
        self.family = family
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            if family == AF_INET {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                unsafe bytes.storeBytes(of: address, as: sockaddr_in.self)
            } else {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = in6addr_loopback
                unsafe bytes.storeBytes(of: address, as: sockaddr_in6.self)
            }
        }
    }

    /// The port is at the same place in both families.
    var port: UInt16 {
        unsafe withUnsafeBytes(of: storage) { bytes in
            UInt16(bigEndian: unsafe bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    mutating func withMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let size =
            family == AF_INET
            ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(size))
            }
        }
    }

    mutating func withPointer<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe withMutablePointer { unsafe body($0, $1) }
    }
}
