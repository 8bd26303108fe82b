import ClaudeAPI
import Protocol

/// A session's conversation as the next request sends it: always one that the API takes.
///
/// It begins with the user, roles alternate, and every tool use is followed by a user message that
/// begins with its result. An interrupt, a crash and a compaction all leave it so; a conversation
/// that broke one of these rules would make every later request fail.
package struct Conversation: Equatable, Sendable {
    package private(set) var messages: [RequestMessage]
    /// Of every tool use in it: no two may be the same.
    private(set) var toolUseIDs: Set<String>

    /// What a result says that nobody lived to write.
    package static let unknownOutcome =
        "Interrupted before the result was recorded: the outcome is unknown. Look at the state of "
        + "things before you repeat it."

    /// What stands for a message of a person without anything to read.
    package static let emptyText = "[This message is empty.]"

    /// Reads a transcript, oldest first, and repairs what a crash left open.
    ///
    /// Thinking goes back to the model that thought it within its run; by the next run the session
    /// may have another, which would refuse the signature.
    package init(_ entries: [TranscriptEntry] = []) {
        self.init(
            repairing: entries.compactMap(\.message).map { message in
                RequestMessage(message.role, message.content.filter { !$0.isThinking })
            })
    }

    package init(repairing messages: [RequestMessage]) {
        var repair = ConversationRepair()
        for message in messages { repair.take(message) }
        self.messages = repair.finish()
        toolUseIDs = self.messages.reduce(into: []) { $0.formUnion($1.toolUseIDs) }
    }

    /// Adds what is known to fit: an answer, or the results of its tools.
    package mutating func append(_ message: RequestMessage) {
        guard !message.content.isEmpty else { return }
        toolUseIDs.formUnion(message.toolUseIDs)
        guard let last = messages.last, last.role == message.role else {
            messages.append(message)
            return
        }
        messages[messages.count - 1] = RequestMessage(last.role, last.content + message.content)
    }

    /// The part that a compaction keeps, and what it replaces; nil where there is nothing to split.
    ///
    /// Splits only where both parts are whole: before an answer, or before a person's message.
    /// - Parameter budget: bytes that the kept part should fit into; where not even the last
    ///   exchange does, that exchange is kept.
    package func split(keeping budget: Int) -> (older: [RequestMessage], recent: [RequestMessage])?
    {
        var kept = 0
        var cut: Int?
        for index in messages.indices.dropFirst().reversed() {
            kept += messages[index].bytes
            if kept > budget, cut != nil { break }
            if messages[index].beginsExchange { cut = index }
        }
        return cut.map { (Array(messages[..<$0]), Array(messages[$0...])) }
    }

    /// Everything before the last message of a person: what is left when a turn is not to be kept.
    package var beforeLastPrompt: [RequestMessage] {
        let last = messages.lastIndex { $0.role == .user && !$0.hasToolResults } ?? 0
        return Array(messages[..<last])
    }

    /// About what the API counts, at four bytes a token.
    package var estimatedTokens: Int { messages.reduce(0) { $0 + $1.bytes } / 4 }
}

extension RequestMessage {
    package var hasToolResults: Bool {
        content.contains { if case .toolResult = $0 { true } else { false } }
    }

    fileprivate var toolUseIDs: [String] {
        content.compactMap { if case .toolUse(let use) = $0 { use.id } else { nil } }
    }

    /// Whether a conversation may be cut in front of it.
    fileprivate var beginsExchange: Bool { role == .assistant || !hasToolResults }

    /// Of its texts; what JSON adds is not counted.
    package var bytes: Int { content.reduce(0) { $0 + $1.bytes } }
}

extension ContentBlock {
    fileprivate var bytes: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .thinking(let text, let signature): text.utf8.count + signature.utf8.count
        case .redactedThinking(let data): data.utf8.count
        case .toolUse(let use):
            if case .complete(let input) = use.input {
                use.name.utf8.count + input.reduce(0) { $0 + $1.key.utf8.count + $1.value.bytes }
            } else {
                use.name.utf8.count
            }
        case .toolResult(let result): result.content.utf8.count
        case .other(let block): block.reduce(0) { $0 + $1.key.utf8.count + $1.value.bytes }
        }
    }
}
