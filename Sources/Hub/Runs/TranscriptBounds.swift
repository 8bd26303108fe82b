import JSON
import Protocol
import Realtime
import Store

/// Keeps a session's conversation below what a worker reads back: the oldest tool results lose their
/// text first, then the oldest turns go, and what stays says so.
///
/// It stays one that the model's API takes: a tool's use and its result stay together, and a turn
/// begins with a person's message. Costs about what is taken out: a sixteenth of the limit at a time.
package struct TranscriptBounds {
    private let maximumBytes: Int64
    private var target: Int64 { maximumBytes / 16 * 15 }
    /// The latest entries stay as they are.
    private static let untouched: Int64 = 4

    package init(maximumBytes: Int64 = SessionLimits.maximumTranscriptBytes) {
        self.maximumBytes = maximumBytes
    }

    /// - Returns: false where the limit was not met.
    package func apply(to session: SessionID, _ store: StoreTransaction) throws -> Bool {
        guard try store.transcriptSize(of: session).bytes > maximumBytes else { return false }
        try shortenResults(of: session, store)
        if try store.transcriptSize(of: session).bytes > target {
            try removeTurns(of: session, store)
        }
        return true
    }

    private func shortenResults(of session: SessionID, _ store: StoreTransaction) throws {
        var size = try store.transcriptSize(of: session)
        var place = size.shortened
        let end = size.lastSequence - Self.untouched
        while size.bytes > target,
            let row = try store.transcriptRow(of: session, after: place), row.sequence <= end
        {
            place = row.sequence
            guard let content = row.entry.contentWithoutResults else { continue }
            try store.replaceTranscript(of: session, at: place, with: content)
            size = try store.transcriptSize(of: session)
        }
        try store.setTranscriptShortened(of: session, through: place)
    }

    /// Up to the first person's message behind which enough is gone, or to the last one there is.
    ///
    /// A summary stays in front.
    private func removeTurns(of session: SessionID, _ store: StoreTransaction) throws {
        let size = try store.transcriptSize(of: session)
        guard let oldest = try store.transcriptRow(of: session, after: 0) else { return }
        let first = oldest.entry.isSummary ? oldest.sequence + 1 : oldest.sequence
        var (place, removed) = (first - 1, Int64(0))
        var beginning: TranscriptRow?
        while removed < size.bytes - target || beginning == nil,
            let row = try store.transcriptRow(of: session, after: place),
            row.sequence <= size.lastSequence - Self.untouched
        {
            if removed > 0, row.entry.beginsTurn { beginning = row }
            removed += Int64(row.entry.content.count) + 256
            place = row.sequence
        }
        guard let beginning else { return }
        try store.removeTranscript(of: session, from: first, before: beginning.sequence)
        try store.replaceTranscript(
            of: session, at: beginning.sequence, with: beginning.entry.contentAfterRemoval)
    }
}

extension TranscriptEntry {
    static let removedResult = """
        [The text of this result was removed: the conversation had reached the size that is kept.]
        """
    static let removedTurns = """
        [Earlier turns were removed: the conversation had reached the size that is kept.]
        """

    /// Nil for what a model's API would not have either.
    private var blocks: [JSONValue]? {
        // Not JSON: then it is no block of a tool's, and stays as it is.
        (try? JSONValue(parsing: content, maximumDepth: Limits.maximumJSONDepth + 8))?.arrayValue
    }

    /// The content with a sentence in place of every long tool result; nil where there is none.
    fileprivate var contentWithoutResults: [UInt8]? {
        guard let blocks else { return nil }
        var isChanged = false
        let shortened = blocks.map { block -> JSONValue in
            guard var fields = block.objectValue, fields["type"] == "tool_result",
                let result = fields["content"],
                result.encoded().count > 2 * Self.removedResult.utf8.count
            else { return block }
            fields["content"] = .string(Self.removedResult)
            isChanged = true
            return .object(fields)
        }
        return isChanged ? JSONValue.array(shortened).encoded() : nil
    }

    /// Whether a conversation may begin with it.
    fileprivate var beginsTurn: Bool {
        role == .user && blocks?.contains { $0["type"] == "tool_result" } == false
    }

    /// What says, in front of a person's message, that others were there.
    fileprivate var contentAfterRemoval: [UInt8] {
        let notice: JSONValue = ["type": "text", "text": .string(Self.removedTurns)]
        let own = (blocks ?? []).filter { $0 != notice }
        return JSONValue.array([notice] + own).encoded()
    }
}
