import Glibc

/// An IP address that a client is about to connect to.
public enum RemoteAddress: Sendable, Hashable, CustomStringConvertible {
    /// In host byte order: 127.0.0.1 is 0x7F000001.
    case v4(UInt32)
    /// 16 bytes, as they go over the network.
    case v6([UInt8])

    /// - Returns: nil for an address of another family.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            let address = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            self = .v4(UInt32(bigEndian: address.sin_addr.s_addr))
        case AF_INET6:
            var address = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            self = .v6(unsafe withUnsafeBytes(of: &address.sin6_addr) { unsafe Array($0) })
        default:
            return nil
        }
    }

    public var description: String {
        switch self {
        case .v4(let number):
            return [24, 16, 8, 0].map { String(number >> $0 & 0xFF) }.joined(separator: ".")
        case .v6(let bytes):
            let groups = stride(from: 0, to: 16, by: 2).map {
                String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":")
        }
    }
}
