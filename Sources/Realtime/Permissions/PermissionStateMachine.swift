/// A person's answer to a question for permission.
public struct PermissionAnswer: Sendable, Equatable {
    /// Whether the agent may.
    public let allowed: Bool
    /// Whether to remember it for the session; means something only when allowed.
    public let alwaysAllow: Bool
    /// Who answered, as `permission_resolved` shows it.
    public let principal: String

    /// An answer as it came over WebSocket or REST.
    public init(allowed: Bool, alwaysAllow: Bool = false, by principal: String) {
        self.allowed = allowed
        self.alwaysAllow = alwaysAllow
        self.principal = principal
    }
}

/// How a question ended.
///
/// Only ``answered`` can hold an approval; everything else is a denial.
public enum PermissionOutcome: Sendable, Equatable {
    case answered(PermissionAnswer)
    /// Nobody answered in time.
    case timedOut
    /// Nobody needs the answer any more: its agent died, its run was aborted, its session deleted.
    case withdrawn(PermissionWithdrawal)

    /// What the agent gets.
    public var allowed: Bool {
        if case .answered(let answer) = self { answer.allowed } else { false }
    }
}

/// Why a question was taken back; the raw value is what `resolvedBy` shows.
public enum PermissionWithdrawal: String, Sendable, CaseIterable {
    case agentGone = "agent_gone"
    case aborted
    case sessionDeleted = "session_deleted"
}

/// The life of one question for permission: asked, then ended exactly once.
///
/// Times are wall-clock, because the question outlives the process that asked it.
public struct PermissionStateMachine: Sendable, Equatable {
    /// Where a question stands.
    public enum State: Sendable, Equatable {
        /// `expiresAt` nil waits for ever.
        case pending(expiresAt: Timestamp?)
        case ended(PermissionOutcome)
    }

    /// What its shell does: store it, tell everybody, answer the agent.
    public enum Action: Sendable, Equatable {
        /// Ends now, as `permission_resolved`; the agent gets ``PermissionOutcome/allowed``.
        case resolve(PermissionOutcome)
        /// Ends now, as `permission_timeout`; the agent gets a denial. An answer that led here
        /// came too late and is refused like a second one.
        case timeOut
        /// Somebody was first: `PERMISSION_ALREADY_RESOLVED`.
        case refuseAlreadyResolved
        /// Not yet due: look again at this moment, or never.
        case wait(until: Timestamp?)
        /// It has ended, and nobody has to hear of it again.
        case ignore
    }

    /// Where it stands.
    public private(set) var state: State

    /// A new question, or one that the store remembers.
    public init(expiresAt: Timestamp?) {
        state = .pending(expiresAt: expiresAt)
    }

    /// Somebody answered.
    ///
    /// The first answer wins, unless the time had passed before it.
    public mutating func answer(_ answer: PermissionAnswer, at now: Timestamp) -> Action {
        guard case .pending(let expiresAt) = state else { return .refuseAlreadyResolved }
        if let expiresAt, expiresAt <= now { return end(.timedOut) }
        return end(.answered(answer))
    }

    /// The timer fired, perhaps early: a wall clock may be set back.
    public mutating func passTime(to now: Timestamp) -> Action {
        guard case .pending(let expiresAt) = state else { return .ignore }
        guard let expiresAt, expiresAt <= now else { return .wait(until: expiresAt) }
        return end(.timedOut)
    }

    /// Nobody needs the answer any more; never an approval.
    public mutating func withdraw(_ reason: PermissionWithdrawal) -> Action {
        guard case .pending = state else { return .ignore }
        return end(.withdrawn(reason))
    }

    private mutating func end(_ outcome: PermissionOutcome) -> Action {
        state = .ended(outcome)
        return outcome == .timedOut ? .timeOut : .resolve(outcome)
    }
}

/// The timers of all open questions; built again from the store when a hub starts.
public typealias PermissionDeadlines = DeadlineQueue<PermissionKey, Timestamp>

/// A question within all sessions.
public struct PermissionKey: Sendable, Hashable {
    public let session: SessionID
    public let request: PermissionRequestID

    /// Both parts of the name: a request id is unique in its session only.
    public init(_ session: SessionID, _ request: PermissionRequestID) {
        self.session = session
        self.request = request
    }
}
