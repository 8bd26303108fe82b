import JSON
import Protocol
import Realtime
import Store

/// `messages.transcript`: the conversation as the model is shown it; see `TranscriptEntry`.
struct TranscriptOperation {
    let leases: Leases

    /// 4 MiB of content a page: it doubles at most as JSON text, and a message holds 16 MiB.
    static let pageBytes = TranscriptEntry.maximumBytes

    func register(in operations: OperationRegistry) {
        operations.on(.readTranscript, read)
    }

    private func read(_ call: OperationCall) throws -> JSONValue {
        let lease = try call.lease()
        _ = try leases.row(of: lease, for: call)
        let after = try call.page().after.flatMap { Int64($0) } ?? 0
        let rows = try call.store.transcript(
            of: lease.session, after: after, maximumBytes: Self.pageBytes)
        let last = try call.store.transcriptSize(of: lease.session).lastSequence
        let next = rows.last.flatMap { $0.sequence < last ? String($0.sequence) : nil }
        return [
            "items": .array(rows.map(\.entry.json)),
            "nextCursor": .text(next.map(ListPage.cursor)),
        ]
    }
}
