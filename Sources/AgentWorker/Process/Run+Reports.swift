import IPC
import Logging
import Protocol
import System

// What a run tells the hub.
extension Run {
    /// Sends what was gathered; at the end of each iteration, so that a report holds all of it.
    func flush() {
        guard outcome != .leaseLost else { return }
        sendReports()
        guard reports.isOverLimit else { return }
        worker.log.error(
            "a run is stopped: too much of it waits for the hub",
            metadata: ["session": "\(assignment.lease.session)"])
        leaseLost()
    }

    /// The link is new: says again what may not have been heard.
    func linkRestored() {
        guard outcome != .leaseLost else { return }
        sendUnstored()
        for (id, question) in questions { send(question, id) }
        transcript?.readNext()
        receive(.linkRestored)
    }

    func sendReports() {
        let new = reports.close()
        if worker.link.isUp, resend == nil { for report in new { send(report) } }
    }

    private func sendUnstored() {
        resend?.cancel()
        resend = nil
        for report in reports.unstored { send(report) }
    }

    /// The hub's disk takes nothing now: all that is not stored waits here, and is sent in order.
    private func sendLater(because error: OperationError) {
        guard resend == nil else { return }
        worker.log.debug(
            "reports wait for the hub's disk",
            metadata: ["session": "\(assignment.lease.session)", "reason": "\(error)"])
        resend = worker.loop.schedule(after: RunLimits.unstoredReportDelay) { [weak self] in
            self?.sendUnstored()
        }
    }

    private func send(_ report: RunReport) {
        worker.link.request({ .report($0, report) }) { [weak self] answer in
            self?.answered(report.number, answer)
        }
    }

    private func answered(_ number: Int64, _ answer: HubLink.Answer) {
        switch answer {
        // Sent again when the link is back.
        case .unsent, .lost: return
        case .answered: reports.stored(number)
        case .refused(let error) where error.code == .leaseLost: leaseLost()
        case .refused(let error)
        where [.storageFull, .serviceUnavailable].contains(error.code):
            sendLater(because: error)
        case .refused(let error): refused(number, error)
        }
        onChange?()
    }

    private func refused(_ number: Int64, _ error: OperationError) {
        let isRecord = reports.refused(number)
        worker.log.error(
            "the hub refused a report",
            metadata: [
                "session": "\(assignment.lease.session)", "error": "\(error)",
                "record": "\(isRecord)",
            ])
        guard isRecord else { return }
        // A run whose end is refused can only be ended by the hub, once the lease is over.
        if outcome != nil { return leaseLost() }
        receive(
            .failed(
                RunFailure(
                    .internal, "The run's events could not be stored: \(error.message)",
                    canRetry: true)))
    }
}
