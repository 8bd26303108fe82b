import Protocol

/// Why a request acts as nobody.
public enum AccessError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No place held a credential.
    case missing
    /// A credential stands in the query, where logs and histories keep it.
    case inQuery(parameter: String)
    /// - Parameter isUnknown: see ``isForWantOfNews``.
    case invalidAPIKey(isUnknown: Bool)
    /// - Parameter isUnknown: see ``isForWantOfNews``.
    case invalidSession(isUnknown: Bool)
    case sessionExpired
    /// The hub is away, or its table is not complete yet: nobody is let in.
    case unavailable
    /// A page of this origin may not act here.
    case foreignOrigin
    /// A cookie came without an `Origin`, so that nobody knows whose page sent it.
    case cookieWithoutOrigin

    /// Whether the token has the right form and an id that the table does not hold: of a credential
    /// that was made a moment ago, the news is still under way.
    ///
    /// Said by the look that refused it, because another look may find another table.
    public var isForWantOfNews: Bool {
        switch self {
        case .invalidAPIKey(let isUnknown), .invalidSession(let isUnknown): isUnknown
        default: false
        }
    }

    public var code: ErrorCode {
        switch self {
        case .missing, .inQuery: .authRequired
        case .invalidAPIKey: .invalidAPIKey
        case .invalidSession: .invalidSession
        case .sessionExpired: .sessionExpired
        case .unavailable: .authServiceUnavailable
        case .foreignOrigin, .cookieWithoutOrigin: .originForbidden
        }
    }

    /// What the client's developer reads; holds nothing of the credential.
    public var description: String {
        switch self {
        case .missing:
            "no credential: send x-api-key, Authorization: Bearer, the subprotocol bearer.<token>,"
                + " or sign in"
        case .inQuery(let parameter):
            "the query parameter \"\(parameter)\" is not read, and what stood in it must count as"
                + " known to others: revoke it, and send a header"
        case .invalidAPIKey: "the API key is unknown, revoked or expired"
        case .invalidSession: "the login is unknown or was ended; sign in again"
        case .sessionExpired: "the login has expired; sign in again"
        case .unavailable: "credentials cannot be checked at the moment; try again in a second"
        case .foreignOrigin:
            "pages of this origin may not act here; http.allowedOrigins names those that may"
        case .cookieWithoutOrigin: "a login cookie is taken only from a page, with its Origin"
        }
    }
}
