import JSON
import Realtime

/// What the hub tells an agent worker about its runs, unasked, in the order in which it took effect.
///
/// A worker that has no such run any more ignores it.
public enum AgentMessage: Sendable, Equatable {
    case run(RunAssignment)
    /// A question of `permissions.request` has ended; an unknown or late one is a denial.
    case permissionEnded(SessionID, PermissionRequestID, PermissionVerdict)
    /// Somebody wants the run to stop.
    case abort(SessionLease, reason: String)
    case modeChanged(SessionID, SessionMode, version: Int64)
    /// All that the session remembers now: one was added by an `alwaysAllow`, or some were deleted.
    case rulesChanged(SessionID, [PermissionRule])
    /// To every agent worker: a session is deleted, and nobody needs its folders.
    case sessionDeleted(SessionID)

    var envelope: Envelope {
        switch self {
        case .run(let assignment):
            return Envelope(header: assignment.header)
        case .permissionEnded(let session, let request, let verdict):
            return Envelope(header: [
                "type": "permissionEnded", "session": .string(session.text),
                "permission": .string(request.text), "allowed": .bool(verdict.allowed),
                "always": .bool(verdict.alwaysAllow), "reason": .string(verdict.reason),
            ])
        case .abort(let lease, let reason):
            return Envelope(header: [
                "type": "abort", "session": .string(lease.session.text),
                "generation": .integer(lease.generation), "reason": .string(reason),
            ])
        case .modeChanged(let session, let mode, let version):
            return Envelope(header: [
                "type": "modeChanged", "session": .string(session.text),
                "mode": .string(mode.rawValue), "version": .integer(version),
            ])
        case .rulesChanged(let session, let rules):
            return Envelope(header: [
                "type": "rulesChanged", "session": .string(session.text),
                "rules": .array(rules.map(\.wireJSON)),
            ])
        case .sessionDeleted(let session):
            return Envelope(header: [
                "type": "sessionDeleted", "session": .string(session.text),
            ])
        }
    }

    /// Nil where the type is none of these.
    init?(_ type: String, _ reader: HeaderReader) throws(WireError) {
        switch type {
        case "run":
            self = .run(try RunAssignment(reader))
        case "permissionEnded":
            self = .permissionEnded(
                try reader.identifier("session"), try reader.identifier("permission"),
                PermissionVerdict(
                    allowed: try reader.boolean("allowed"),
                    alwaysAllow: try reader.boolean("always"), reason: try reader.string("reason")))
        case "sessionDeleted":
            self = .sessionDeleted(try reader.identifier("session"))
        case "abort":
            self = .abort(try reader.lease(), reason: try reader.string("reason"))
        case "modeChanged":
            self = .modeChanged(
                try reader.identifier("session"), try reader.word("mode"),
                version: try reader.integer("version"))
        case "rulesChanged":
            self = .rulesChanged(try reader.identifier("session"), try reader.rules())
        default:
            return nil
        }
    }
}

/// How a question ended, for the run that asked.
public struct PermissionVerdict: Sendable, Equatable {
    public let allowed: Bool
    public let alwaysAllow: Bool
    /// Who answered (`user:u1`, `rule:r1`), `timeout`, or why it was withdrawn.
    public let reason: String

    public init(allowed: Bool, alwaysAllow: Bool = false, reason: String) {
        self.allowed = allowed
        self.alwaysAllow = alwaysAllow
        self.reason = reason
    }
}
