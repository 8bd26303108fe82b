import Glibc

/// Addresses of Unix sockets, which are short: `sun_path` holds 108 bytes with the final NUL.
public enum UnixSocketPath {
    /// Longest path that every program can bind and connect to.
    public static let maximumBytes = 107

    /// Calls `body` with the address of a path, or of an abstract name that is written `@name`.
    ///
    /// The pointer is valid during the call. A path that is too long is a programmer's mistake:
    /// `Paths` has checked it.
    static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let bytes = Array(path.utf8)
        precondition(bytes.count <= maximumBytes, "the path of a Unix socket was not checked")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            unsafe target.copyBytes(from: bytes)
            if isAbstract { unsafe target[0] = 0 }
        }
        // An abstract name is as long as the address says; a path ends with its NUL.
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe body(rebound, socklen_t(length))
            }
        }
    }
}
