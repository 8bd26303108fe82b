import Realtime

/// One message of a session's transcript.
public struct MessageRow: Sendable, Equatable {
    /// Who wrote it; the raw value is the wire's.
    public enum Role: String, Sendable, CaseIterable {
        case user, assistant, tool
    }

    public let sessionID: SessionID
    /// Its place in the session, from 1 on.
    public let sequence: Int64
    public let id: MessageID
    public let role: Role
    public let createdAt: Timestamp
    public var text: String
    /// How far a person's message has come; nil for other roles, and once a worker's run has
    /// answered it.
    public var status: UserMessageStatus?
    public var clientMessageID: ClientMessageID?
    public var toolName: String?
    public var toolUseID: ToolUseID?
    /// A JSON object as text.
    public var toolInput: String?
    public var result: String?
    public var isError: Bool?
    public var turnID: TurnID?
    /// What the run cost that answered this message.
    public var usage: TokenUsage?

    /// A message with the fields that every role has.
    public init(
        sessionID: SessionID, sequence: Int64, id: MessageID, role: Role, text: String,
        createdAt: Timestamp
    ) {
        self.sessionID = sessionID
        self.sequence = sequence
        self.id = id
        self.role = role
        self.createdAt = createdAt
        self.text = text
    }

    static let changingColumns = """
        text, status, client_message_id, tool_name, tool_use_id, tool_input, result, is_error,
        turn_id, usage
        """
    static let columns = "session_id, sequence, id, role, created_at, \(changingColumns)"

    init(_ row: inout RowReader) throws(StoreError) {
        sessionID = try row.identifier()
        sequence = try row.integer()
        id = try row.identifier()
        role = try row.word()
        createdAt = try row.time()
        text = try row.text()
        status = try row.optionalWord()
        clientMessageID = try row.optionalIdentifier()
        toolName = try row.optionalText()
        toolUseID = try row.optionalIdentifier()
        toolInput = try row.optionalText()
        result = try row.optionalText()
        isError = try row.optionalInteger().map { $0 != 0 }
        turnID = try row.optionalIdentifier()
        usage = try row.usage()
    }
}
