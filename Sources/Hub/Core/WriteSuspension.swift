import Protocol
import Realtime
import Store

/// Why the database takes no writes, what callers are told, and when it is tried again.
struct WriteSuspension {
    /// Room is used within a second; nobody notices so short a trial.
    static let trialInterval: Duration = .seconds(1)

    let obstacle: WriteObstacle
    /// SQLite's words.
    let reason: String
    /// Whether the log says when it ends.
    let isLogged: Bool
    var nextTrial: Duration

    init(_ obstacle: WriteObstacle, _ error: StoreError, at clock: Duration, isLogged: Bool) {
        self.obstacle = obstacle
        reason = "\(error)"
        self.isLogged = isLogged
        nextTrial = clock + Self.trialInterval
    }

    /// What whoever wanted to write is told.
    var refusal: OperationError {
        switch obstacle {
        case .noSpace:
            OperationError(
                .storageFull,
                "the server's disk takes no more, so nothing of this was stored; try again once its"
                    + " admin has made room", retryAfterSeconds: 5)
        case .readOnly:
            OperationError(
                .storageFull,
                "the server's database cannot be written, so nothing of this was stored; its admin"
                    + " finds the reason in the hub's log", retryAfterSeconds: 5)
        case .locked:
            OperationError(
                .serviceUnavailable,
                "another program on the server holds the database's lock, so nothing of this was"
                    + " stored; try again", retryAfterSeconds: 1)
        }
    }
}
