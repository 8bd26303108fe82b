import JSON
import Protocol
import Realtime
import Store

/// Notes and answers a report once everything in it is on disk.
final class ReportReceipt {
    private let report: RunReport
    private let reply: Reply
    private var missing: Int
    private var isComplete = false

    init(_ report: RunReport, eventCount: Int, _ reply: Reply) {
        self.report = report
        self.reply = reply
        missing = eventCount
    }

    /// One more of its events is published; the last one completes a report of text alone.
    func published(_ iteration: Iteration) throws {
        missing -= 1
        // A later command may publish held text and then fail: the text is held again.
        iteration.onRollback { [self] in missing += 1 }
        if missing == 0 { try complete(iteration) }
    }

    /// All of it is on disk with this iteration.
    func complete(_ iteration: Iteration) throws {
        guard !isComplete else { return }
        isComplete = true
        iteration.onRollback { [self] in isComplete = false }
        try iteration.store.noteReport(report.number, under: report.lease)
        iteration.answer(reply, .null)
    }
}
