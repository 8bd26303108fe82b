import ClaudeAPI
import JSON

/// Makes a conversation valid, message by message; see ``Conversation``.
struct ConversationRepair {
    private var messages: [RequestMessage] = []
    /// Tool uses of the last answer, which the next message has to give results for.
    private var open: [String] = []

    mutating func take(_ message: RequestMessage) {
        guard !message.content.isEmpty else { return }
        switch message.role {
        case .assistant: takeAnswer(message.content)
        case .user: takeUser(message.content)
        }
    }

    mutating func finish() -> [RequestMessage] {
        closeOpen()
        return messages
    }

    /// An answer to nothing is the rest of something that is gone: the API wants the user first.
    private mutating func takeAnswer(_ content: [ContentBlock]) {
        guard !messages.isEmpty else { return }
        closeOpen()
        append(.assistant, content)
        open = content.compactMap { if case .toolUse(let use) = $0 { use.id } else { nil } }
    }

    /// Results first, in the order of their uses; a result that nobody waits for is dropped.
    private mutating func takeUser(_ content: [ContentBlock]) {
        var results: [String: ContentBlock] = [:]
        var rest: [ContentBlock] = []
        for block in content {
            if case .toolResult(let result) = block {
                results[result.toolUseID] = results[result.toolUseID] ?? block
            } else {
                rest.append(block)
            }
        }
        let answered = open.map { id in results[id] ?? Self.unknown(id) }
        open = []
        if !(answered + rest).isEmpty { append(.user, answered + rest) }
    }

    private mutating func closeOpen() {
        guard !open.isEmpty else { return }
        append(.user, open.map(Self.unknown))
        open = []
    }

    private mutating func append(_ role: RequestMessage.Role, _ content: [ContentBlock]) {
        if let last = messages.last, last.role == role {
            messages[messages.count - 1] = RequestMessage(role, last.content + content)
        } else {
            messages.append(RequestMessage(role, content))
        }
    }

    private static func unknown(_ id: String) -> ContentBlock {
        .toolResult(
            ToolResult(toolUseID: id, content: Conversation.unknownOutcome, isError: true))
    }
}

extension JSONValue {
    /// About as long as its text.
    var bytes: Int {
        switch self {
        case .null, .bool: 5
        case .integer, .double: 8
        case .string(let text): text.utf8.count
        case .array(let items): items.reduce(0) { $0 + $1.bytes }
        case .object(let fields): fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.bytes }
        }
    }
}
