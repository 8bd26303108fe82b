import JSON
import Realtime

/// A run for a worker, with everything that it needs and does not keep between runs.
///
/// Granting it, the hub has counted the generation up, published `user_message` processing, and
/// written the messages' entries into the transcript (see ``TranscriptEntry``).
public struct RunAssignment: Sendable, Equatable {
    public let lease: SessionLease
    public let team: TeamID
    /// Whose `agent:` channel hears of the run; nil: the team's channel alone.
    public let agent: AgentID?
    /// What the run is to answer, oldest first; one or more.
    public let messages: [PersonsMessage]
    public let mode: SessionMode
    public let modeVersion: Int64
    /// What `alwaysAllow` remembered for the session.
    public let rules: [PermissionRule]
    public let workspace: AssignedWorkspace?
    /// The session's own folder, within the workspace's where there is one.
    public let workingDirectory: String?
    /// Nil: the worker's default.
    public let model: String?
    /// How long a question waits; nil: for ever.
    public let permissionTimeoutMilliseconds: Int64?
    /// Whether the transcript holds more than ``messages``.
    public let isResumed: Bool

    public struct PersonsMessage: Sendable, Equatable {
        public let id: MessageID
        public let text: String

        public init(id: MessageID, text: String) {
            self.id = id
            self.text = text
        }
    }

    public struct AssignedWorkspace: Sendable, Equatable {
        public let id: WorkspaceID
        /// An absolute path.
        public let path: String
        /// Whether files may be changed that run later, outside of the sandbox.
        public let allowsStartupFiles: Bool

        public init(id: WorkspaceID, path: String, allowsStartupFiles: Bool = false) {
            self.id = id
            self.path = path
            self.allowsStartupFiles = allowsStartupFiles
        }
    }

    public init(
        lease: SessionLease, team: TeamID, agent: AgentID? = nil, messages: [PersonsMessage],
        mode: SessionMode, modeVersion: Int64, rules: [PermissionRule] = [],
        workspace: AssignedWorkspace? = nil, workingDirectory: String? = nil,
        model: String? = nil, permissionTimeoutMilliseconds: Int64?, isResumed: Bool
    ) {
        self.lease = lease
        self.team = team
        self.agent = agent
        self.messages = messages
        self.mode = mode
        self.modeVersion = modeVersion
        self.rules = rules
        self.workspace = workspace
        self.workingDirectory = workingDirectory
        self.model = model
        self.permissionTimeoutMilliseconds = permissionTimeoutMilliseconds
        self.isResumed = isResumed
    }
}

extension RunAssignment {
    var header: JSONObject {
        var header: JSONObject = [
            "type": "run", "session": .string(lease.session.text),
            "generation": .integer(lease.generation), "team": .string(team.text),
            "messages": .array(
                messages.map { ["id": .string($0.id.text), "text": .string($0.text)] }),
            "mode": .string(mode.rawValue), "modeVersion": .integer(modeVersion),
            "rules": .array(rules.map(\.wireJSON)), "resumed": .bool(isResumed),
        ]
        header.set("agent", agent)
        header.set("workspace", workspace?.id)
        header["path"] = workspace.map { .string($0.path) }
        header["startupFiles"] = workspace.map { .bool($0.allowsStartupFiles) }
        header["workingDirectory"] = workingDirectory.map { .string($0) }
        header["model"] = model.map { .string($0) }
        header["permissionTimeout"] = permissionTimeoutMilliseconds.map { .integer($0) }
        return header
    }

    init(_ reader: HeaderReader) throws(WireError) {
        var messages: [PersonsMessage] = []
        for item in try reader.array("messages") {
            let inner = try HeaderReader(item, "messages")
            messages.append(
                PersonsMessage(id: try inner.identifier("id"), text: try inner.string("text")))
        }
        guard !messages.isEmpty else { throw .badField("messages") }
        let workspace: WorkspaceID? = try reader.optionalIdentifier("workspace")
        self.init(
            lease: try reader.lease(), team: try reader.identifier("team"),
            agent: try reader.optionalIdentifier("agent"), messages: messages,
            mode: try reader.word("mode"), modeVersion: try reader.integer("modeVersion"),
            rules: try reader.rules(),
            workspace: try workspace.map { id throws(WireError) in
                AssignedWorkspace(
                    id: id, path: try reader.string("path"),
                    allowsStartupFiles: try reader.boolean("startupFiles"))
            },
            workingDirectory: try reader.optionalString("workingDirectory"),
            model: try reader.optionalString("model"),
            permissionTimeoutMilliseconds: try reader.optionalInteger("permissionTimeout"),
            isResumed: try reader.boolean("resumed"))
    }
}

extension HeaderReader {
    func lease() throws(WireError) -> SessionLease {
        SessionLease(
            session: try identifier("session"), generation: try integer("generation"))
    }

    func rules() throws(WireError) -> [PermissionRule] {
        var rules: [PermissionRule] = []
        for item in try array("rules") {
            guard let rule = PermissionRule(wireJSON: item) else { throw .badField("rules") }
            rules.append(rule)
        }
        return rules
    }
}
