import Glibc

/// The address of a Unix stream socket in the file system (`unix(7)`).
struct UnixAddress {
    private let path: String
    private var address = sockaddr_un()

    /// - Throws: `unusablePath` for a relative path and for one over 107 bytes.
    init(_ path: String) throws(FastCGIError) {
        self.path = path
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.hasPrefix("/"), path.utf8.count < capacity else { throw .unusablePath(path) }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            unsafe bytes.copyBytes(from: path.utf8)
        }
    }

    /// Removes the file of a process that was killed, never the file of one that answers.
    func removeLeftover() throws(FastCGIError) {
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw .system(call: "socket", path: path, code: errno) }
        defer { close(probe) }
        if unsafe withAddress({ unsafe connect(probe, $0, $1) }) == 0 {
            throw .alreadyServed(path: path)
        }
        guard errno == ECONNREFUSED else { return }
        var status = stat()
        if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK {
            unsafe unlink(path)
        }
    }

    /// Calls `bind(2)`.
    func bind(_ descriptor: Int32) -> Int32 {
        unsafe withAddress { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
