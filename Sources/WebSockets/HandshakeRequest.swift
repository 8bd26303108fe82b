/// What a client asked for, as far as a decision about it needs it.
///
/// The headers named here may occur once; a request that repeats one never gets this far.
public struct HandshakeRequest: Sendable, Equatable {
    public var method: String
    /// Up to the `?`, not percent-decoded.
    public var path: String
    /// What follows the `?`; nil without one.
    public var query: String?
    /// Whether it is a correct WebSocket handshake, RFC 6455 §4.2.1, apart from its path.
    public var isUpgrade: Bool
    public var host: String?
    public var origin: String?
    /// All `Cookie` headers, joined by `; `.
    public var cookie: String?
    public var authorization: String?
    /// The header `x-api-key`.
    public var apiKey: String?
    /// The header `x-request-id`, unchecked.
    public var requestID: String?
    /// The header `x-real-ip`: the client's address, when a proxy in front overwrites it.
    public var forwardedFor: String?
    /// Offered subprotocols, in the client's order.
    public var subprotocols: [String]

    public init(
        method: String = "GET", path: String, query: String? = nil, isUpgrade: Bool = true,
        host: String? = nil, origin: String? = nil, cookie: String? = nil,
        authorization: String? = nil, apiKey: String? = nil, requestID: String? = nil,
        forwardedFor: String? = nil, subprotocols: [String] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.isUpgrade = isUpgrade
        self.host = host
        self.origin = origin
        self.cookie = cookie
        self.authorization = authorization
        self.apiKey = apiKey
        self.requestID = requestID
        self.forwardedFor = forwardedFor
        self.subprotocols = subprotocols
    }
}

/// Why bytes are not a request that can be decided about.
public enum MalformedRequest: Error, Sendable, Equatable {
    /// Not HTTP/1.1 (RFC 9112), or a header that must be unique was repeated; says what.
    case notHTTP(String)
    /// The head is over the limit: 431.
    case headTooLarge(maximumBytes: Int)
    /// The head was not complete in time: 408.
    case timedOut
    /// An upgrade to a version other than 13: 426 (RFC 6455 §4.4); `Sec-WebSocket-Version` is added.
    case unsupportedVersion
}
