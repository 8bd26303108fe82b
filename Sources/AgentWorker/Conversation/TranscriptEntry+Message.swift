import ClaudeAPI
import JSON
import Protocol

extension TranscriptEntry {
    /// The entry that keeps a message of the conversation.
    package init(_ message: RequestMessage, isSummary: Bool = false) {
        let blocks = message.content.map { JSONValue.object($0.json) }
        self.init(
            role: message.role == .user ? .user : .assistant, isSummary: isSummary,
            content: JSONValue.array(blocks).encoded())
    }

    /// The message that it keeps, without what is no block of the API's; nil where nothing is left.
    package var message: RequestMessage? {
        guard let parsed = try? JSONValue(parsing: content),  // damaged: as if it were not there
            let items = parsed.arrayValue
        else { return nil }
        let blocks = items.compactMap { $0.objectValue.flatMap { ContentBlock(json: $0) } }
        guard !blocks.isEmpty else { return nil }
        return RequestMessage(role == .user ? .user : .assistant, blocks)
    }
}
