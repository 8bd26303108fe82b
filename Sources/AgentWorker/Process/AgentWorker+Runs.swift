import Protocol
import Realtime

// What the hub says about runs.
extension AgentWorker {
    func receive(_ message: AgentMessage) {
        switch message {
        case .run(let assignment): take(assignment)
        case .permissionEnded(let session, let request, let verdict):
            runs[session]?.receive(.permissionEnded(request, verdict))
        case .abort(let lease, let reason): abort(lease, reason)
        case .modeChanged(let session, let mode, let version):
            runs[session]?.receive(.modeChanged(mode, version: version))
        case .rulesChanged(let session, let rules):
            runs[session]?.receive(.rulesChanged(rules))
        case .sessionDeleted(let session): deleted(session)
        }
    }

    private func take(_ assignment: RunAssignment) {
        let session = assignment.lease.session
        guard let earlier = runs[session] else {
            return begin(WaitingRun(assignment: assignment))
        }
        // The same again, or an older one: it is running, or over.
        guard earlier.assignment.lease.generation < assignment.lease.generation else { return }
        // Its tools must be gone before the next run's begin.
        waiting[session] = WaitingRun(assignment: assignment)
        earlier.leaseLost()
    }

    private func abort(_ lease: SessionLease, _ reason: String) {
        if waiting[lease.session]?.assignment.lease == lease {
            waiting[lease.session]?.abortReason = reason
        } else if let run = runs[lease.session], run.assignment.lease == lease {
            run.receive(.abort(reason: reason))
        }
    }

    func begin(_ waiting: WaitingRun) {
        let run = Run(waiting.assignment, worker: self)
        run.onChange = { [weak self, weak run] in
            if let run { self?.noteChange(of: run) }
        }
        runs[waiting.assignment.lease.session] = run
        // Ended before it asks anything: exactly one end, and nothing wasted.
        let reason = isDraining ? Self.drainReason : waiting.abortReason
        if let reason {
            run.receive(.abort(reason: reason))
        } else {
            run.start()
        }
    }
}
