/// Everything that can be asked of the hub besides publishing and subscribing, one name each.
///
/// A FastCGI worker maps a route to an operation; the CLI asks for the same ones on its own. Path
/// and query parameters and the body's fields travel together in one JSON object.
public enum Operation: String, Sendable, CaseIterable {
    case login = "auth.login"
    case logout = "auth.logout"
    case whoAmI = "auth.me"
    /// The caller's own logins: `{items}`.
    case listLogins = "auth.logins"
    /// Ends one of the caller's own logins.
    case endLogin = "auth.logins.end"
    /// Ends the caller's own logins, all of them or all others.
    case endLogins = "auth.logins.endAll"
    case changePassword = "auth.password"

    case listKeys = "keys.list"
    case createKey = "keys.create"
    case deleteKey = "keys.delete"

    case listSessions = "sessions.list"
    case createSession = "sessions.create"
    case getSession = "sessions.get"
    case updateSession = "sessions.update"
    case deleteSession = "sessions.delete"
    case abortSession = "sessions.abort"

    case listMessages = "messages.list"
    case createMessage = "messages.create"
    /// Takes back a message that waits for its turn.
    case deleteMessage = "messages.delete"
    /// The conversation as the model's API has it; see ``TranscriptEntry``.
    case readTranscript = "messages.transcript"

    case listTeamPermissions = "permissions.listOfTeam"
    case listSessionPermissions = "permissions.listOfSession"
    /// Asked by an agent outside, or by an agent worker for a lease: then with `sessionId`,
    /// `generation`, `inputDigest` (BLAKE2b of the exact call) and `rule` (see
    /// ``PermissionRule/wireJSON``), and the outcome comes as ``AgentMessage/permissionEnded(_:_:_:)``, after the answer.
    case requestPermission = "permissions.request"
    case answerPermission = "permissions.answer"
    case listRules = "rules.list"
    case deleteRules = "rules.delete"

    case readHistory = "channels.history"

    case listSpecs = "specs.list"
    case getSpec = "specs.get"
    case putSpec = "specs.put"
    case deleteSpec = "specs.delete"
    case listAgents = "agents.list"
    case getAgent = "agents.get"
    case putAgent = "agents.put"
    case deleteAgent = "agents.delete"

    case listWorkspaces = "workspaces.list"
    case createWorkspace = "workspaces.create"
    case getWorkspace = "workspaces.get"
    case updateWorkspace = "workspaces.update"
    case deleteWorkspace = "workspaces.delete"

    case getConfig = "config.get"
    case updateConfig = "config.update"
    case getTheme = "theme.get"
    case replaceTheme = "theme.replace"

    /// For `/ready`: `{ready, hub, store, workers}`; open to every worker.
    case readiness = "status.ready"
    /// For `/metrics`: `{text}`, Prometheus exposition of hub and workers; open to every worker.
    case metrics = "status.metrics"

    case listUsers = "users.list"
    case createUser = "users.create"
    case deleteUser = "users.delete"

    // On this machine only, by the CLI, whose uid is its credential.
    case listTeams = "teams.list"
    case createTeam = "teams.create"
    /// Sets the password of somebody who forgot it, and ends the logins.
    case setPassword = "users.password"
    /// Makes an account an admin of the installation, or no longer one.
    case setInstallationAdmin = "users.installation"

    /// Who may ask: the scope that a principal needs.
    public enum Access: Equatable, Sendable {
        /// Anybody whom a worker lets through, also without a credential.
        case open
        /// Any principal.
        case authenticated
        case scope(Scope)
        /// A principal with the scope `admin` who administers the whole installation.
        case installation
        /// The CLI on the hub's own machine.
        case local
        /// An agent worker on the hub's own machine, for a session whose lease it names.
        case agentWorker
    }

    public var access: Access {
        switch self {
        case .login, .readiness, .metrics: .open
        case .logout, .whoAmI, .listLogins, .endLogin, .endLogins, .changePassword, .getTheme,
            .readHistory:
            .authenticated
        case .listKeys, .createKey, .deleteKey, .getConfig,
            .createWorkspace, .updateWorkspace, .deleteWorkspace, .listUsers, .createUser,
            .deleteUser:
            .scope(.admin)
        case .updateConfig, .replaceTheme: .installation
        case .listSessions, .getSession, .listMessages, .listTeamPermissions,
            .listSessionPermissions, .listRules, .listSpecs, .getSpec, .listAgents, .getAgent,
            .listWorkspaces, .getWorkspace:
            .scope(.sessionsRead)
        case .createSession, .updateSession, .deleteSession, .abortSession, .createMessage,
            .deleteMessage, .deleteRules, .putSpec, .deleteSpec, .putAgent, .deleteAgent:
            .scope(.sessionsWrite)
        case .answerPermission: .scope(.permissionsRespond)
        case .requestPermission: .scope(.sessionsRun)
        case .readTranscript: .agentWorker
        case .listTeams, .createTeam, .setPassword, .setInstallationAdmin: .local
        }
    }

    /// Whether it hashes a password: a tenth of a second, in turn with everybody else's.
    public var isPasswordWork: Bool {
        switch self {
        case .login, .createUser, .changePassword, .setPassword: true
        default: false
        }
    }
}
