import Glibc

/// Why a Unix socket could not be listened at or connected to.
public enum UnixSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    case pathTooLong(path: String, maximum: Int)
    /// A listening socket's file is removed at the end, wherever the process is then.
    case relativePath(String)
    /// A living process answers there.
    case inUse(path: String)
    /// Something else lies at the path.
    case notASocket(path: String)
    case failed(String, path: String, SystemError)

    /// The system call's own error, where that is the reason.
    public var systemError: SystemError? {
        if case .failed(_, _, let error) = self { error } else { nil }
    }

    /// Whether nobody listens: there is no such socket, or none behind its file.
    public var isAbsence: Bool {
        [ENOENT, ECONNREFUSED].contains(systemError?.number)
    }

    public var description: String {
        switch self {
        case .pathTooLong(let path, let maximum):
            "the socket path \(path) has \(path.utf8.count) bytes, the kernel takes \(maximum);"
                + " use a shorter directory"
        case .relativePath(let path):
            "the socket path \(path) is relative; a process listens at absolute paths only"
        case .inUse(let path):
            "another process answers at \(path); stop it first, or use another directory"
        case .notASocket(let path):
            "what lies at \(path) is no socket; move it away, or use another directory"
        case .failed(let what, let path, let error):
            "could not \(what) at \(path): \(error)"
        }
    }
}
