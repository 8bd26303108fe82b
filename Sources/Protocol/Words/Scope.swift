/// What a principal may do.
///
/// A login has those of its role, an API key those it was made with.
public enum Scope: String, Sendable, CaseIterable, Hashable {
    case publish
    case sessionsRead = "sessions:read"
    case sessionsWrite = "sessions:write"
    case sessionsRun = "sessions:run"
    case permissionsRespond = "permissions:respond"
    case admin
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
