import Realtime

/// What a principal may do.
///
/// A login has those of its role, an API key those it was made with.
public enum Scope: String, Sendable, CaseIterable, Hashable {
    case publish
    case channelsRead = "channels:read"
    case sessionsRead = "sessions:read"
    case sessionsWrite = "sessions:write"
    case sessionsRun = "sessions:run"
    case permissionsRespond = "permissions:respond"
    case admin

    /// What it opens, for whoever makes a key; README, console and OpenAPI say the same.
    public var summary: String {
        switch self {
        case .publish: "publish domain and application events on the team's channels; read nothing"
        case .channelsRead:
            "read the channels of the team, its specs and its agents: subscribe, history"
        case .sessionsRead:
            "read sessions: list, transcripts, channels, questions, rules; list specs, agents and"
                + " workspaces"
        case .sessionsWrite:
            "make, change and end sessions, send messages, stop runs, record specs and agents"
        case .sessionsRun:
            "run sessions as an agent outside: publish their events, ask questions, and read the"
                + " channels of the sessions that the key runs"
        case .permissionsRespond: "answer the questions of agents"
        case .admin: "manage the team: keys, people, workspaces; read the measurements of /metrics"
        }
    }

    /// What reading a channel takes: subscribing to it, and its history.
    public static func reading(_ kind: ChannelName.Kind) -> Scope {
        switch kind {
        case .session: .sessionsRead
        case .team, .spec, .agent: .channelsRead
        }
    }
}

/// What a person is in a team.
public enum Role: String, Sendable, CaseIterable {
    /// Everything, also keys and configuration.
    case admin
    /// Everything but the scope ``Scope/admin``.
    case member

    public var scopes: Set<Scope> {
        switch self {
        case .admin: Set(Scope.allCases)
        case .member: Set(Scope.allCases).subtracting([.admin])
        }
    }
}
