import IPC
import Protocol

/// How the hub's answers read on an open connection, where only some codes occur.
package enum HubRefusal {
    /// The code that a client sees for a refused subscribe.
    package static func ofSubscribe(_ code: ErrorCode) -> ErrorCode {
        switch code {
        case .notFound: .channelForbidden
        default: general(code)
        }
    }

    /// The code that a client sees for a refused answer to a permission request.
    package static func ofPermission(_ code: ErrorCode) -> ErrorCode {
        switch code {
        case .notFound: .permissionNotFound
        case .conflict: .permissionAlreadyResolved
        default: general(code)
        }
    }

    private static func general(_ code: ErrorCode) -> ErrorCode {
        if ErrorCode.onOpenConnection.contains(code) { return code }
        switch code {
        case .scopeRequired, .forbidden, .authRequired, .invalidAPIKey, .invalidSession,
            .sessionExpired, .originForbidden:
            return .channelForbidden
        case .serviceUnavailable, .authServiceUnavailable, .storageFull:
            return .channelUnavailable
        case .badRequest, .validationError: return .invalidCommand
        case .limitReached: return .rateLimited
        default: return .internalError
        }
    }

    /// Said where the link to the hub was down.
    package static let unsent = "the hub cannot be asked at the moment; try again in a second"

    /// Said where it went down before the answer.
    package static let lost =
        "the hub went away before it answered, and whether this took effect is unknown; look again"
        + " in a second"
}
