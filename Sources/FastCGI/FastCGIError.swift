import System

/// What can fail while the listener is made.
public enum FastCGIError: Error, Equatable, CustomStringConvertible {
    /// The socket could not be listened at.
    case socket(UnixSocketError)
    /// `FCGX_Init` returned this.
    case libraryUnavailable(code: Int32)
    /// A system call failed.
    case system(call: String, path: String, SystemError)

    public var description: String {
        switch self {
        case .socket(let error):
            error.description
        case .libraryUnavailable(let code):
            "could not prepare libfcgi: FCGX_Init returned \(code)"
        case .system(let call, let path, let error):
            "could not listen for FastCGI at \(path): \(call): \(error)"
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
        case .tooLarge(let maximum): "could not read the body: it is over \(maximum) bytes"
        case .truncated: "could not read the body: it ended before the announced length"
        case .malformedLength: "could not read the body: its announced length is no number"
        }
    }
}
