import Glibc

/// What the two ends of an IPC connection need of Unix stream sockets (unix(7)); descriptors are
/// non-blocking and close on exec.
enum UnixSocket {
    /// Listens at `path`, in a directory that nobody else may enter, and replaces the socket of a
    /// process that died.
    ///
    /// The caller owns the descriptor.
    static func listen(at path: String, backlog: Int32) throws(UnixSocketError) -> Int32 {
        if try isAnswered(path) { throw .inUse(path: path) }
        if unsafe unlink(path) != 0, errno != ENOENT {
            throw .failed("replace the old socket", path: path, .last)
        }
        let descriptor = try open(path)
        do throws(UnixSocketError) {
            try bind(descriptor, to: path)
            guard unsafe chmod(path, 0o600) == 0 else {
                throw UnixSocketError.failed("close the socket to others", path: path, .last)
            }
            guard Glibc.listen(descriptor, backlog) == 0 else {
                throw UnixSocketError.failed("listen", path: path, .last)
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Connects at once: a Unix socket's connect never waits for the other process.
    static func connect(to path: String) throws(UnixSocketError) -> Int32 {
        let descriptor = try open(path)
        let result = unsafe try withAddress(path) { address, length in
            unsafe Glibc.connect(descriptor, address, length)
        }
        guard result == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw .failed("connect", path: path, error)
        }
        return descriptor
    }

    /// Takes the next waiting connection, or nil when there is none (or the peer left again).
    static func accept(from listener: Int32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// The user behind an accepted connection (`SO_PEERCRED`, unix(7)): what the kernel knows, not
    /// what the peer says.
    static func peerUser(of descriptor: Int32) -> uid_t? {
        // `struct ucred`, which glibc shows to GNU sources only.
        var credentials: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        let size = socklen_t(MemoryLayout.size(ofValue: credentials))
        var length = size
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
        return result == 0 && length == size ? credentials.uid : nil
    }

    private static func isAnswered(_ path: String) throws(UnixSocketError) -> Bool {
        do {
            close(try connect(to: path))
            return true
        } catch .failed(_, _, let error)
            where [ENOENT, ECONNREFUSED, ENOTSOCK].contains(error.number)
        {
            return false
        }
    }

    private static func open(_ path: String) throws(UnixSocketError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .failed("open a socket", path: path, .last) }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, to path: String) throws(UnixSocketError) {
        let result = unsafe try withAddress(path) { address, length in
            unsafe Glibc.bind(descriptor, address, length)
        }
        guard result == 0 else { throw .failed("bind", path: path, .last) }
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(UnixSocketError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw .pathTooLong(path: path, maximum: room - 1) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            unsafe place.copyBytes(from: Array(path.utf8))
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe body(rebound, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// Why a Unix socket could not be listened at or connected to.
public enum UnixSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    case pathTooLong(path: String, maximum: Int)
    /// A living process answers there.
    case inUse(path: String)
    case failed(String, path: String, SystemError)

    public var description: String {
        switch self {
        case .pathTooLong(let path, let maximum):
            "the socket path \(path) has \(path.utf8.count) bytes, the kernel takes \(maximum);"
                + " use a shorter directory"
        case .inUse(let path):
            "another process answers at \(path); stop it first, or use another directory"
        case .failed(let what, let path, let error):
            "could not \(what) at \(path): \(error)"
        }
    }
}
