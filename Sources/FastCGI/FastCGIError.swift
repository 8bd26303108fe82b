import System

/// What can fail while the server is made.
public enum FastCGIError: Error, Equatable, CustomStringConvertible {
    /// The socket could not be listened at.
    case socket(UnixSocketError)

    public var description: String {
        switch self {
        case .socket(let error): error.description
        }
    }
}

/// Why a request's body is not there.
public enum FastCGIBodyError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLarge(maximumBytes: Int)
    /// The body is not as long as announced.
    case truncated
    /// `CONTENT_LENGTH` is no number: where the body ends is not known.
    case malformedLength

    public var description: String {
        switch self {
        case .tooLarge(let maximum): "could not read the body: it is over \(maximum) bytes"
        case .truncated: "could not read the body: it is not as long as announced"
        case .malformedLength: "could not read the body: its announced length is no number"
        }
    }
}

/// Every way in which a web server's connection ends without an answer.
public enum FastCGIRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not version 1 of FastCGI.
    case version(UInt8)
    case malformedBegin
    /// A record of this type where another was due.
    case outOfTurn(UInt8)
    case parametersTooLarge(maximumBytes: Int)
    case malformedParameters
    /// The web server closed, or aborted, before the request was whole.
    case left
    /// The web server asks about the server itself, and does not read the answers.
    case unread
    /// The request was not whole, or its answer not taken, in time.
    case timedOut(Duration)
    /// The process had no descriptor left for it; it was answered 503.
    case noDescriptors

    /// For metrics.
    public var label: String {
        switch self {
        case .version: "version"
        case .malformedBegin: "malformedBegin"
        case .outOfTurn: "outOfTurn"
        case .parametersTooLarge: "parametersTooLarge"
        case .malformedParameters: "malformedParameters"
        case .left: "left"
        case .unread: "unread"
        case .timedOut: "timedOut"
        case .noDescriptors: "noDescriptors"
        }
    }

    public var description: String {
        switch self {
        case .version(let number): "the peer speaks version \(number) of FastCGI, not 1"
        case .malformedBegin: "FCGI_BEGIN_REQUEST does not have 8 bytes"
        case .outOfTurn(let type): "a record of type \(type) came out of turn"
        case .parametersTooLarge(let maximum): "the parameters are over \(maximum) bytes"
        case .malformedParameters: "a parameter is longer than what was sent"
        case .left: "the peer left before its request was whole"
        case .unread: "the peer does not read its answers"
        case .timedOut(let limit): "the request or its answer took longer than \(limit)"
        case .noDescriptors: "no descriptor is left for one more connection"
        }
    }
}
