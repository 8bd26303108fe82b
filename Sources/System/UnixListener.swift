import Glibc

/// A listening Unix stream socket and its file; whoever made it closes it.
public struct UnixListener: Sendable {
    /// Non-blocking, closed on exec.
    public let descriptor: Int32
    public let path: String
    /// The file's identity: a successor may have replaced it.
    private let inode: UInt?

    /// Listens at `path`, in place of a socket that a killed process left there.
    ///
    /// Until everything is set the file belongs to the owner alone. Keep the directory closed to
    /// whoever must not connect.
    ///
    /// - Parameters:
    ///   - backlog: connections that wait in the kernel until they are accepted.
    ///   - mode: permission bits of the file, such as 0o660.
    public init(path: String, backlog: Int32, mode: mode_t) throws(UnixSocketError) {
        guard path.hasPrefix("/") else { throw .relativePath(path) }
        let address = try UnixAddress(path)
        try Self.removeStale(path)
        let descriptor = try UnixSocket.open(for: path)
        do throws(UnixSocketError) {
            // Linux gives the file the mode of the unbound socket.
            try Self.check("close the socket to others", path, fchmod(descriptor, 0o600))
            let bound = unsafe address.withPointer { unsafe bind(descriptor, $0, $1) }
            try Self.check("bind", path, bound)
            try Self.check("listen", path, listen(descriptor, backlog))
            try Self.check("set the socket's mode", path, unsafe chmod(path, mode))
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
        inode = Self.status(of: path)?.st_ino
    }

    /// Removes the file, if it is still this socket's: nobody finds it any more.
    public func removeFile() {
        if let inode, Self.status(of: path)?.st_ino == inode { unsafe unlink(path) }
    }

    /// Closes the descriptor; what waits in the backlog is refused.
    public func close() { Glibc.close(descriptor) }

    /// One that somebody answers on is an error, and so is what is no socket.
    private static func removeStale(_ path: String) throws(UnixSocketError) {
        guard let status = status(of: path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        guard let failure = UnixSocket.probe(path) else { throw .inUse(path: path) }
        switch failure.systemError?.number {
        case ECONNREFUSED: break
        case ENOENT: return
        // Somebody listens, with a full backlog.
        case EAGAIN: throw .inUse(path: path)
        default: throw failure
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .failed("replace the old socket", path: path, .last)
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }

    private static func check(
        _ what: String, _ path: String, _ result: Int32
    ) throws(UnixSocketError) {
        if result < 0 { throw .failed(what, path: path, .last) }
    }
}
