/// The kinds of identifier, one place for all of them.
///
/// Those that this product makes or puts into a path use the narrow alphabet of channel ids; those
/// that a peer makes for itself (event, turn, tool use, client message) may hold any printable
/// ASCII, because other systems' ids hold slashes and colons.
public enum IdentifierKinds {
    /// See ``TeamID``.
    public enum Team: IdentifierKind { public static var noun: String { "team id" } }
    /// See ``UserID``.
    public enum User: IdentifierKind { public static var noun: String { "user id" } }
    /// See ``KeyID``.
    public enum Key: IdentifierKind { public static var noun: String { "key id" } }
    /// See ``LoginID``.
    public enum Login: IdentifierKind { public static var noun: String { "login id" } }
    /// See ``SessionID``.
    public enum Session: IdentifierKind { public static var noun: String { "session id" } }
    /// See ``SpecID``.
    public enum Spec: IdentifierKind { public static var noun: String { "spec id" } }
    /// See ``AgentID``.
    public enum Agent: IdentifierKind { public static var noun: String { "agent id" } }
    /// See ``WorkspaceID``.
    public enum Workspace: IdentifierKind { public static var noun: String { "workspace id" } }
    /// See ``MessageID``.
    public enum Message: IdentifierKind { public static var noun: String { "message id" } }
    /// See ``PermissionRequestID``.
    public enum PermissionRequest: IdentifierKind {
        public static var noun: String { "request id" }
    }
    /// See ``RuleID``.
    public enum Rule: IdentifierKind { public static var noun: String { "rule id" } }
    /// See ``ConnectionID``.
    public enum Connection: IdentifierKind { public static var noun: String { "connection id" } }
    /// See ``WorkerID``.
    public enum Worker: IdentifierKind { public static var noun: String { "worker id" } }
    /// See ``Epoch``.
    public enum Epoch: IdentifierKind { public static var noun: String { "epoch" } }

    /// See ``EventID``.
    public enum Event: PrintableIdentifierKind { public static var noun: String { "event id" } }
    /// See ``TurnID``.
    public enum Turn: PrintableIdentifierKind { public static var noun: String { "turn id" } }
    /// See ``ToolUseID``.
    public enum ToolUse: PrintableIdentifierKind {
        public static var noun: String { "tool use id" }
    }
    /// See ``ClientMessageID``.
    public enum ClientMessage: PrintableIdentifierKind {
        public static var noun: String { "client message id" }
    }
}

/// A kind whose identifiers a peer makes by its own rules: printable ASCII, space included.
public protocol PrintableIdentifierKind: IdentifierKind {}

extension PrintableIdentifierKind {
    /// Space to tilde.
    public static func admits(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }
}

/// A group of people who share sessions, specs and agents; the unit of authorisation.
public typealias TeamID = Identifier<IdentifierKinds.Team>
/// A person.
public typealias UserID = Identifier<IdentifierKinds.User>
/// An API key's public name; not the secret.
public typealias KeyID = Identifier<IdentifierKinds.Key>
/// One signed-in state of a person; not the cookie's secret.
public typealias LoginID = Identifier<IdentifierKinds.Login>
/// A conversation with an agent.
public typealias SessionID = Identifier<IdentifierKinds.Session>
/// A spec that a team owns.
public typealias SpecID = Identifier<IdentifierKinds.Spec>
/// An agent that a team owns.
public typealias AgentID = Identifier<IdentifierKinds.Agent>
/// A folder that an agent works in, with defaults for its sessions.
public typealias WorkspaceID = Identifier<IdentifierKinds.Workspace>
/// A message of a session's transcript.
public typealias MessageID = Identifier<IdentifierKinds.Message>
/// A question for permission, unique in its session.
public typealias PermissionRequestID = Identifier<IdentifierKinds.PermissionRequest>
/// What one `alwaysAllow` remembered.
public typealias RuleID = Identifier<IdentifierKinds.Rule>
/// One client's transport.
public typealias ConnectionID = Identifier<IdentifierKinds.Connection>
/// One worker process, as it announced itself to the hub.
public typealias WorkerID = Identifier<IdentifierKinds.Worker>
/// One life of a channel's numbering: offsets of different epochs cannot be compared.
public typealias Epoch = Identifier<IdentifierKinds.Epoch>
/// A publication's name within its channel; a producer's own, or made by the hub.
public typealias EventID = Identifier<IdentifierKinds.Event>
/// One turn of an agent.
public typealias TurnID = Identifier<IdentifierKinds.Turn>
/// One use of a tool, unique in its session.
public typealias ToolUseID = Identifier<IdentifierKinds.ToolUse>
/// What makes a message of a client idempotent within its session.
public typealias ClientMessageID = Identifier<IdentifierKinds.ClientMessage>
