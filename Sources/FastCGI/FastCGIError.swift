import Glibc

/// What can fail while the listener is made.
public enum FastCGIError: Error, Equatable, CustomStringConvertible {
    /// A Unix socket's path holds at most 107 bytes and starts with a slash.
    case unusablePath(String)
    /// Another process answers on the path.
    case alreadyServed(path: String)
    /// `FCGX_Init` returned this.
    case libraryUnavailable(code: Int32)
    /// A system call failed with `code`, an `errno`.
    case system(call: String, path: String, code: Int32)

    public var description: String {
        switch self {
        case .unusablePath(let path):
            "listening for FastCGI failed: the socket path \(path) must be absolute and shorter "
                + "than 108 bytes"
        case .alreadyServed(let path):
            "listening for FastCGI on \(path) failed: another process answers there; stop it first"
        case .libraryUnavailable(let code):
            "preparing libfcgi failed with code \(code)"
        case .system(let call, let path, let code):
            "listening for FastCGI on \(path) failed: \(call): \(unsafe String(cString: strerror(code)))"
        }
    }
}

/// Why a request's body is not there.
public enum FastCGIBodyError: Error, Equatable, CustomStringConvertible {
    case tooLarge(maximumBytes: Int)
    /// The web server went away, or sent less than it had announced, or was silent for too long.
    case truncated
    /// `CONTENT_LENGTH` is no number: where the body ends is not known.
    case malformedLength

    public var description: String {
        switch self {
        case .tooLarge(let maximum): "reading the body failed: it is over \(maximum) bytes"
        case .truncated: "reading the body failed: it ended before the announced length"
        case .malformedLength: "reading the body failed: its announced length is no number"
        }
    }
}
