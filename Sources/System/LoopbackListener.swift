import Glibc

/// A TCP socket that listens at one of this machine's own addresses.
///
/// Neither it nor what it accepts blocks or outlives an `exec`. Whoever made it closes it.
public struct LoopbackListener: Sendable {
    public let descriptor: Int32
    /// With the port that it really has.
    public let address: LoopbackAddress

    /// Port 0 takes a free one.
    ///
    /// - Parameter backlog: connections that may wait for being accepted.
    public init(_ wanted: LoopbackAddress, backlog: Int32) throws(LoopbackError) {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(wanted.domain, Int32(kind), 0)
        guard descriptor >= 0 else { throw LoopbackError("socket", wanted, .last) }
        var isOn: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Neither can fail for a fresh socket. The first: a restart does not wait for connections of
        // the one before to be forgotten. The second is inherited by what is accepted: what was
        // written goes out at once.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, size)
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size)
        let isBound = unsafe wanted.withPointer { unsafe bind(descriptor, $0, $1) } == 0
        guard isBound, listen(descriptor, backlog) == 0 else {
            let error = LoopbackError(isBound ? "listen" : "bind", wanted, .last)
            _ = Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        address = LoopbackAddress(wanted.family, port: Self.port(of: descriptor))
    }

    public func close() { _ = Glibc.close(descriptor) }

    /// The port stands at the same place for both families.
    private static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        // Cannot fail: the socket is ours and bound (getsockname(2)).
        _ = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: storage.sin6_port)
    }
}

/// Why nothing can listen there.
public struct LoopbackError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call that failed.
    public let call: String
    public let address: LoopbackAddress
    public let cause: SystemError

    init(_ call: String, _ address: LoopbackAddress, _ cause: SystemError) {
        self.call = call
        self.address = address
        self.cause = cause
    }

    /// Whether the machine has no such address, as without IPv6.
    public var isUnknownAddress: Bool {
        [EADDRNOTAVAIL, EAFNOSUPPORT].contains(cause.number)
    }

    public var description: String {
        "could not listen at \(address): \(call): \(cause)"
            + (cause.number == EADDRINUSE ? "; another program has the port" : "")
    }
}
