import Protocol
import Realtime

/// A session as the database keeps it.
public struct SessionRow: Sendable, Equatable {
    public let id: SessionID
    public let teamID: TeamID
    public let createdAt: Timestamp
    public var name: String?
    /// What it would be doing if nobody had to be asked; see ``status``.
    public var phase: SessionStatus
    public var mode: SessionMode
    /// Grows by one with every change of ``mode``.
    public var modeVersion: Int64
    public var agent: String?
    public var model: String?
    public var workspaceID: WorkspaceID?
    public var workingDirectory: String?
    /// How long its questions wait.
    public var permissionTimeout = PermissionTimeout.standard
    /// Questions without an answer.
    public var pendingPermissions: Int64
    /// Messages ever written, which also numbers them.
    public var messageCount: Int64
    public var usage: TokenUsage?
    public var updatedAt: Timestamp
    public var lastMessageAt: Timestamp?
    /// Whether an agent outside runs it: the first to act owns it, and no worker is given it then.
    public var isOutside = false
    /// The first API key with which an agent outside acted, and once that is gone the next: it
    /// reads the session's channel without ``Scope/sessionsRead``.
    public var runner: CredentialID?

    /// A new session: idle, without messages.
    public init(
        id: SessionID, teamID: TeamID, mode: SessionMode, createdAt: Timestamp
    ) {
        self.id = id
        self.teamID = teamID
        self.createdAt = createdAt
        self.phase = .idle
        self.mode = mode
        self.modeVersion = 1
        self.pendingPermissions = 0
        self.messageCount = 0
        self.updatedAt = createdAt
    }

    /// What the outside sees: a session with a question open is waiting.
    public var status: SessionStatus { pendingPermissions > 0 ? .waiting : phase }

    static let changingColumns = """
        name, phase, mode, mode_version, agent, model, workspace_id, working_directory,
        permission_timeout, pending_permissions, message_count, usage, updated_at, last_message_at,
        is_outside, runner
        """
    static let columns = "id, team_id, created_at, \(changingColumns)"

    init(_ row: inout RowReader) throws(StoreError) {
        id = try row.identifier()
        teamID = try row.identifier()
        createdAt = try row.time()
        name = try row.optionalText()
        phase = try row.word()
        mode = try row.word()
        modeVersion = try row.integer()
        agent = try row.optionalText()
        model = try row.optionalText()
        workspaceID = try row.optionalIdentifier()
        workingDirectory = try row.optionalText()
        permissionTimeout = PermissionTimeout(stored: try row.optionalInteger())
        pendingPermissions = try row.integer()
        messageCount = try row.integer()
        usage = try row.usage()
        updatedAt = try row.time()
        lastMessageAt = try row.optionalTime()
        isOutside = try row.flag()
        runner = try row.optionalIdentifier()
    }
}
