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
        operations.onRead(.readTranscript, read)
    }

    private func read(_ call: OperationCall) throws -> HeavyRead {
        let lease = try call.lease()
        let team = try leases.row(of: lease, for: call).teamID
        let page = try call.page()
        return HeavyRead(.runs(team)) { store in
            let batch = try store.transcript(
                of: lease.session, after: page.after.flatMap { Int64($0) } ?? 0,
                maximumBytes: Self.pageBytes)
            return page.answer(
                batch, maximumBytes: 2 * Self.pageBytes, position: { String($0.sequence) },
                text: { $0.entry.json.encoded() })
        }
    }
}
