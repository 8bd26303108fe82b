import Glibc

/// The file of a Unix socket.
enum UnixSocketFile {
    static func bind(
        _ path: String, _ mode: UInt32, backlog: Int32
    ) throws(WebSocketsError) -> (descriptor: Int32, path: (name: String, inode: UInt)?) {
        var address = try makeAddress(path)
        try removeStale(path, address)
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0
        )
        guard descriptor >= 0 else { throw failure("socket", path) }
        // Nobody may connect between bind and chmod.
        let umaskBefore = umask(0o777)
        let bound = unsafe withSocketAddress(&address) { unsafe Glibc.bind(descriptor, $0, $1) }
        _ = umask(umaskBefore)
        guard bound == 0 else { throw close(descriptor, failure("bind", path)) }
        guard unsafe chmod(path, mode) == 0 else { throw close(descriptor, failure("chmod", path)) }
        guard listen(descriptor, backlog) == 0 else {
            throw close(descriptor, failure("listen", path))
        }
        return (descriptor, (path, inode(of: path) ?? 0))
    }

    static func remove(_ path: String, inode: UInt) {
        if self.inode(of: path) == inode { _ = unsafe unlink(path) }
    }

    private static func inode(of path: String) -> UInt? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_ino
    }

    /// Removes a socket that a killed process left; one that somebody answers on is an error.
    private static func removeStale(
        _ path: String, _ address: sockaddr_un
    ) throws(WebSocketsError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw WebSocketsError.notASocket(path: path)
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw failure("socket", path) }
        defer { _ = Glibc.close(probe) }
        var address = address
        if unsafe withSocketAddress(&address, { unsafe connect(probe, $0, $1) }) == 0 {
            throw WebSocketsError.addressInUse(path: path)
        }
        guard errno == ECONNREFUSED else { throw failure("connect", path) }
        guard unsafe unlink(path) == 0 else { throw failure("unlink", path) }
    }

    private static func makeAddress(_ path: String) throws(WebSocketsError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let maximum = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard bytes.count <= maximum else {
            throw .pathTooLong(path: path, maximumBytes: maximum)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return address
    }

    private static func close(_ descriptor: Int32, _ error: WebSocketsError) -> WebSocketsError {
        _ = Glibc.close(descriptor)
        return error
    }

    private static func failure(_ call: String, _ path: String) -> WebSocketsError {
        .listenFailed(call: call, address: path, errno: errno)
    }
}
