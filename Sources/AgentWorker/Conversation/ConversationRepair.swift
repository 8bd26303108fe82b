import ClaudeAPI
import JSON

/// Makes a conversation valid, message by message; see ``Conversation``.
struct ConversationRepair {
    private var messages: [RequestMessage] = []
    /// Tool uses of the last answer, which the next message has to give results for: as they are
    /// here, and by the id that their results name.
    private var open: [(id: String, named: String)] = []
    private var known: Set<String> = []

    mutating func take(_ message: RequestMessage) {
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
        var content = content.filter(\.isReplayable)
        while content.last?.isThinking == true { content.removeLast() }
        guard !messages.isEmpty, !content.isEmpty else { return }
        closeOpen()
        for (place, block) in content.enumerated() {
            guard case .toolUse(let use) = block else { continue }
            let id = unique(use.id)
            content[place] = .toolUse(use.renamed(id))
            open.append((id, use.id))
        }
        append(.assistant, content)
    }

    /// Results first, in the order of their uses; a result that nobody waits for is dropped.
    private mutating func takeUser(_ content: [ContentBlock]) {
        var results: [String: [ToolResult]] = [:]
        var texts: [ContentBlock] = []
        var hasText = false
        for block in content {
            switch block {
            case .toolResult(let result): results[result.toolUseID, default: []].append(result)
            case .text:
                hasText = true
                if block.isReplayable { texts.append(block) }
            default: break
            }
        }
        let answered = open.map { use in
            guard let result = results[use.named]?.first else { return Self.unknown(use.id) }
            results[use.named]?.removeFirst()
            return .toolResult(
                ToolResult(toolUseID: use.id, content: result.content, isError: result.isError))
        }
        open = []
        if hasText, texts.isEmpty { texts = [.text(Conversation.emptyText)] }
        if !(answered + texts).isEmpty { append(.user, answered + texts) }
    }

    private mutating func closeOpen() {
        guard !open.isEmpty else { return }
        append(.user, open.map { Self.unknown($0.id) })
        open = []
    }

    private mutating func append(_ role: RequestMessage.Role, _ content: [ContentBlock]) {
        if let last = messages.last, last.role == role {
            messages[messages.count - 1] = RequestMessage(role, last.content + content)
        } else {
            messages.append(RequestMessage(role, content))
        }
    }

    /// The id, or where another use has it, one that none has.
    private mutating func unique(_ id: String) -> String {
        var made = id
        while !known.insert(made).inserted { made = "toolu_\(known.count)_\(id)".prefixOfID }
        return made
    }

    private static func unknown(_ id: String) -> ContentBlock {
        .toolResult(
            ToolResult(toolUseID: id, content: Conversation.unknownOutcome, isError: true))
    }
}

extension String {
    /// As much as an id may have.
    fileprivate var prefixOfID: String { String(prefix(60)) }
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
