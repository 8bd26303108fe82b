import Glibc

/// What processes of one machine need of Unix stream sockets (unix(7)).
///
/// Descriptors are closed on exec and belong to the caller.
public enum UnixSocket {
    /// Connects at once, non-blocking: a Unix socket's connect never waits for the other process.
    public static func connect(to path: String) throws(UnixSocketError) -> Int32 {
        let address = try UnixAddress(path)
        let descriptor = try open(for: path)
        let result = unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw .failed("connect", path: path, error)
        }
        return descriptor
    }

    /// Why nobody can be reached at `path`; nil where a process listens.
    ///
    /// The connection is closed at once.
    public static func probe(_ path: String) -> UnixSocketError? {
        do throws(UnixSocketError) {
            close(try connect(to: path))
            return nil
        } catch {
            return error
        }
    }

    /// Takes the next waiting connection of a listening socket of any family.
    ///
    /// - Parameter isBlocking: how the connection waits; the listener stays as it is.
    /// - Throws: `EAGAIN` when none waits; see accept(2) for the rest.
    public static func accept(
        from listener: Int32, isBlocking: Bool = false
    ) throws(SystemError) -> Int32 {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { throw .last }
        // Neither can fail for an open descriptor; accept4(2) is shown to GNU sources only.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        if !isBlocking { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
        return descriptor
    }

    /// The user behind an accepted connection (`SO_PEERCRED`): what the kernel knows, not what the
    /// peer says.
    public static func peerUser(of descriptor: Int32) -> uid_t? { peer(of: descriptor)?.uid }

    /// The process behind it, when it connected.
    public static func peerProcess(of descriptor: Int32) -> pid_t? { peer(of: descriptor)?.pid }

    private static func peer(of descriptor: Int32) -> (pid: pid_t, uid: uid_t, gid: gid_t)? {
        // `struct ucred`, which glibc shows to GNU sources only.
        var credentials: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        let size = socklen_t(MemoryLayout.size(ofValue: credentials))
        var length = size
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
        return result == 0 && length == size ? credentials : nil
    }

    /// A new socket, non-blocking.
    static func open(for path: String) throws(UnixSocketError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .failed("open a socket", path: path, .last) }
        return descriptor
    }
}
