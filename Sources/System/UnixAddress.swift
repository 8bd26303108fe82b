import Glibc

/// The address of a Unix socket: a path, or an abstract name that is written `@name` (unix(7)).
public struct UnixAddress: Sendable, Equatable {
    /// Longest path that every program can bind and connect to: `sun_path` holds 108 bytes with the
    /// final NUL.
    public static let maximumBytes = 107

    /// As it was given.
    public let name: String

    /// - Throws: ``UnixSocketError/pathTooLong(path:maximum:)``.
    public init(_ name: String) throws(UnixSocketError) {
        guard name.utf8.count <= Self.maximumBytes else {
            throw .pathTooLong(path: name, maximum: Self.maximumBytes)
        }
        self.name = name
    }

    /// Calls `body` with the address as the kernel takes it; the pointer is valid during the call.
    public func withPointer<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let bytes = Array(name.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            unsafe target.copyBytes(from: bytes)
            if isAbstract { unsafe target[0] = 0 }
        }
        // An abstract name is as long as the address says; a path ends with its NUL.
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
        return unsafe withSocketAddress(address, length: length, body)
    }
}

/// Any socket address, as the calls of the kernel take it; the pointer is valid during the call.
public func withSocketAddress<Address, Result>(
    _ address: Address, length: Int = MemoryLayout<Address>.size,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    unsafe withUnsafePointer(to: address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(length))
        }
    }
}
