/// The types of published events: what a producer may send, by the family that decides its form.
public enum EventType: Sendable, Hashable {
    /// `payload` is any JSON; published by any producer with the scope `publish`.
    case domain(DomainEventType)
    /// An application's own: `^x_[a-z0-9_]{1,60}$`, same form as a domain event.
    case application(String)
    /// Flat fields beside `type`, on `session:{id}` only, needs the scope `sessions:run`.
    case session(SessionEventType)

    /// The name on the wire, or nil where `name` is no type that a producer may publish.
    public init?(_ name: String) {
        if let domain = DomainEventType(rawValue: name) {
            self = .domain(domain)
        } else if let session = SessionEventType(rawValue: name) {
            self = .session(session)
        } else if Self.isApplicationType(name) {
            self = .application(name)
        } else {
            return nil
        }
    }

    public var name: String {
        switch self {
        case .domain(let type): type.rawValue
        case .application(let name): name
        case .session(let type): type.rawValue
        }
    }

    private static func isApplicationType(_ name: String) -> Bool {
        let bytes = name.utf8
        guard bytes.count >= 3, bytes.count <= 62, name.hasPrefix("x_") else { return false }
        return bytes.dropFirst(2).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

public enum DomainEventType: String, Sendable, CaseIterable {
    case agentStatusChanged = "agent_status_changed"
    case logEntry = "log_entry"
    case specUpdated = "spec_updated"
    case taskCompleted = "task_completed"
    case blockerRaised = "blocker_raised"
}

public enum SessionEventType: String, Sendable, CaseIterable {
    case userMessage = "user_message"
    case textDelta = "text_delta"
    case textComplete = "text_complete"
    case toolStart = "tool_start"
    case toolResult = "tool_result"
    case permissionRequest = "permission_request"
    case permissionResolved = "permission_resolved"
    case permissionTimeout = "permission_timeout"
    case interrupted
    case usage
    case modeChanged = "mode_changed"
    case error
    case complete

    /// Whether an agent outside may publish it.
    ///
    /// The others are consequences of a REST call (messages, permissions, mode) and only the hub,
    /// which owns those, tells of them.
    public var isPublishable: Bool {
        switch self {
        case .textDelta, .textComplete, .toolStart, .toolResult, .interrupted, .usage, .error,
            .complete:
            true
        case .userMessage, .permissionRequest, .permissionResolved, .permissionTimeout,
            .modeChanged:
            false
        }
    }
}

/// Events about a session on its team's channel, each with `session` as REST shows it.
public enum SessionListEventType: String, Sendable, CaseIterable {
    case created = "session_created"
    case updated = "session_updated"
    case deleted = "session_deleted"
}

/// What only the server says, on no channel's history.
public enum ControlType: String, Sendable, CaseIterable {
    case connected, subscribed, unsubscribed, pong, error, draining
    case configChanged = "config_changed"
}
