import HTTPClient

/// Why a request has no answer.
///
/// No case holds a credential, a prompt or an address's path.
public enum ClaudeError: Error, Sendable, Equatable {
    /// The API said no, before the stream or in it.
    case api(APIError)
    /// No connection, or one that broke before an answer.
    case connection(HTTPClientError)
    /// No byte came for so long; the connection was closed.
    case silent(for: Duration)
    /// The connection ended before the message was complete.
    case dropped
    /// What came is not this API's protocol.
    case malformed(String)
    /// What came was this API's protocol, and a part of it is lost.
    case garbled(String)
    /// The answer is larger than this client keeps.
    case tooLarge(maximumBytes: Int)

    /// Every failure of a request has one of these, for metrics and the log.
    public var label: String {
        switch self {
        case .api(let error): error.kind.rawValue
        case .connection: "connection"
        case .silent: "silent"
        case .dropped: "dropped"
        case .malformed: "malformed"
        case .garbled: "garbled"
        case .tooLarge: "too_large"
        }
    }

    /// Whether the same request can succeed later.
    public var canRetry: Bool {
        switch self {
        case .api(let error): error.canRetry && !error.isContextOverflow
        case .connection(let error): error.cause != .tls && error.cause != .tooLarge
        case .silent, .dropped, .garbled: true
        case .malformed, .tooLarge: false
        }
    }

    /// Whether the request holds more than the model's context takes: compact, then ask again.
    public var isContextOverflow: Bool {
        guard case .api(let error) = self else { return false }
        return error.isContextOverflow
    }

    /// Whether the API did not take the request as it was, for another reason than its length.
    public var isRefusedRequest: Bool {
        guard case .api(let error) = self, !error.isContextOverflow else { return false }
        return error.kind == .invalidRequest
    }
}

extension ClaudeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .api(let error): "\(error)"
        case .connection(let error): "\(error)"
        case .silent(let time): "the model said nothing for \(time), and its stream was closed"
        case .dropped: "the connection ended before the model's answer was complete"
        case .malformed(let reason): "the model's endpoint does not speak the protocol: \(reason)"
        case .garbled(let reason): "the model's answer arrived damaged: \(reason)"
        case .tooLarge(let maximumBytes):
            "the model's answer is larger than \(maximumBytes) bytes"
        }
    }
}
