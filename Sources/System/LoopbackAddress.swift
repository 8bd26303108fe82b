import Glibc

/// This machine's own address with a TCP port: `127.0.0.1:8443` or `[::1]:8443`.
public struct LoopbackAddress: Sendable, Equatable, CustomStringConvertible {
    public enum Family: Sendable {
        case v4, v6
    }

    public let family: Family
    public let port: UInt16

    public init(_ family: Family = .v4, port: UInt16) {
        self.family = family
        self.port = port
    }

    public var description: String {
        switch family {
        case .v4: "127.0.0.1:\(port)"
        case .v6: "[::1]:\(port)"
        }
    }

    /// As socket(2) names it.
    var domain: Int32 { family == .v4 ? AF_INET : AF_INET6 }

    /// Calls `body` with the address as the kernel takes it; the pointer is valid during the call.
    public func withPointer<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            return unsafe withSocketAddress(address, body)
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return unsafe withSocketAddress(address, body)
        }
    }
}
