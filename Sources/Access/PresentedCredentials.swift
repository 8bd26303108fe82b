/// The places of a request where a credential may stand, as they came.
///
/// Nil is an absent header; an empty one is present, and invalid.
public struct PresentedCredentials: Sendable {
    /// The prefix of the subprotocol that carries a token.
    public static let subprotocolPrefix = "bearer."
    /// The login cookie; see RFC 6265bis §4.1.3.2 for the prefix.
    public static let cookieName = "__Host-switchboard.sid"
    /// Query parameters that clients of other products put credentials into.
    static let queryParameters: Set<String> = ["apikey", "token", "access_token"]

    public var query: String?
    /// The header `x-api-key`.
    public var apiKey: String?
    public var authorization: String?
    /// Offered WebSocket subprotocols; empty for REST.
    public var subprotocols: [String]
    /// The header `Cookie`, all of them joined by `; `.
    public var cookie: String?

    public init(
        query: String? = nil, apiKey: String? = nil, authorization: String? = nil,
        subprotocols: [String] = [], cookie: String? = nil
    ) {
        self.query = query
        self.apiKey = apiKey
        self.authorization = authorization
        self.subprotocols = subprotocols
        self.cookie = cookie
    }
}

/// Where a credential was found; what a cookie may do depends on it.
public enum CredentialSource: String, Sendable, CaseIterable {
    case apiKeyHeader, authorizationHeader, subprotocol, cookie
}
