/// Every error code that a client or a producer can meet: the one table.
///
/// On an open WebSocket only the codes of ``onOpenConnection`` occur, and the connection stays
/// open. Everywhere else a code travels in the REST error body under ``httpStatus``.
public enum ErrorCode: String, Sendable, CaseIterable {
    // A refused credential, at the handshake and over REST.
    case authRequired = "AUTH_REQUIRED"
    case invalidAPIKey = "INVALID_API_KEY"
    case invalidSession = "INVALID_SESSION"
    case sessionExpired = "SESSION_EXPIRED"
    case invalidLogin = "INVALID_LOGIN"
    case originForbidden = "ORIGIN_FORBIDDEN"
    case scopeRequired = "SCOPE_REQUIRED"
    case forbidden = "FORBIDDEN"
    case authServiceUnavailable = "AUTH_SERVICE_UNAVAILABLE"
    case tooManyConnections = "TOO_MANY_CONNECTIONS"

    // A request that cannot be served as it is.
    case badRequest = "BAD_REQUEST"
    /// A body whose media type is right and whose text does not parse.
    case invalidJSON = "INVALID_JSON"
    case validationError = "VALIDATION_ERROR"
    case notFound = "NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case requestTimeout = "REQUEST_TIMEOUT"
    case conflict = "CONFLICT"
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    case uriTooLong = "URI_TOO_LONG"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case upgradeRequired = "UPGRADE_REQUIRED"
    case limitReached = "LIMIT_REACHED"
    /// To an agent worker only: the session has been given to another run.
    case leaseLost = "LEASE_LOST"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"
    /// No answer came in time, or the hub went away before it: it may have taken effect.
    case outcomeUnknown = "OUTCOME_UNKNOWN"
    /// The server's disk takes no more: what writes is refused, everything else goes on.
    case storageFull = "STORAGE_FULL"

    // On an open connection; some of them over REST too.
    case invalidMessage = "INVALID_MESSAGE"
    case invalidCommand = "INVALID_COMMAND"
    case channelInvalid = "CHANNEL_INVALID"
    case channelForbidden = "CHANNEL_FORBIDDEN"
    case channelUnavailable = "CHANNEL_UNAVAILABLE"
    case maximumSubscriptionsReached = "MAX_SUBSCRIPTIONS_REACHED"
    case permissionNotFound = "PERMISSION_NOT_FOUND"
    case permissionAlreadyResolved = "PERMISSION_ALREADY_RESOLVED"
    case rateLimited = "RATE_LIMITED"
    case internalError = "INTERNAL_ERROR"

    /// The codes that an `error` message on an open connection can carry.
    public static let onOpenConnection: [ErrorCode] = [
        .invalidMessage, .invalidCommand, .channelInvalid, .channelForbidden, .channelUnavailable,
        .maximumSubscriptionsReached, .permissionNotFound, .permissionAlreadyResolved, .rateLimited,
        .internalError,
    ]

    /// The HTTP status under which the REST error body carries this code.
    public var httpStatus: Int {
        switch self {
        case .invalidMessage, .invalidCommand, .channelInvalid, .badRequest, .invalidJSON,
            .validationError:
            400
        case .authRequired, .invalidAPIKey, .invalidSession, .sessionExpired, .invalidLogin: 401
        case .originForbidden, .scopeRequired, .forbidden, .channelForbidden: 403
        case .notFound, .permissionNotFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .conflict, .permissionAlreadyResolved, .maximumSubscriptionsReached, .leaseLost: 409
        case .payloadTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .upgradeRequired: 426
        case .limitReached, .rateLimited: 429
        case .internalError: 500
        case .authServiceUnavailable, .tooManyConnections, .channelUnavailable,
            .serviceUnavailable, .outcomeUnknown:
            503
        case .storageFull: 507
        }
    }
}
