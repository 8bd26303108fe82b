/// One request of an ``HTTPClient``.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Absolute; `https`, for a ``StreamingHTTPClient`` also `http`.
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    /// For everything from the look-up of the name to the last byte of the answer.
    public var timeout: Duration

    /// A header with a line break is a programmer's mistake.
    public init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil, timeout: Duration = .seconds(30)
    ) {
        precondition(
            headers.allSatisfy { !"\($0.name)\($0.value)".utf8.contains { $0 < 0x20 } },
            "a header holds a control character")
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// A complete answer, of whatever status.
public struct HTTPResponse: Sendable {
    public let status: Int
    /// In the order received, names in lower case.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]

    /// The first header of this name, given in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer.
public struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Cause: Sendable, Equatable {
        /// The name cannot be resolved, or nobody listens there.
        case unreachable
        /// The other side's certificate is not to be trusted, or TLS failed.
        case tls
        case timedOut
        /// A stream on which no byte moved for too long.
        case silent
        /// The answer is larger than the client takes.
        case tooLarge
        /// Anything else, such as a connection that ended early.
        case failed
    }

    public let cause: Cause
    /// Scheme, host and port; never a path, query or credential.
    public let origin: String
    /// The library's own words.
    public let reason: String

    public init(cause: Cause, origin: String, reason: String) {
        self.cause = cause
        self.origin = origin
        self.reason = reason
    }

    public var description: String { "a request to \(origin) failed: \(reason)" }
}
