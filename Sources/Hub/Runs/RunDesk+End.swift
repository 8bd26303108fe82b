import JSON
import Protocol
import Realtime
import Store

/// How runs end, other than by doing their work.
extension RunDesk {
    /// Why the hub ended a run in its worker's place; the raw value is what `interrupted` shows.
    enum Ending: String {
        case agentLost = "agent_lost"
        case aborted
    }

    /// Wants a worker's run to stop; false where there is none.
    ///
    /// The worker ends it in its own words, and has a while for it (see ``Leases``). Where nobody
    /// can be told, it has ended when this returns.
    func abort(_ session: SessionID, _ iteration: Iteration) throws -> Bool {
        guard let lease = leases.table[session] else { return false }
        guard lease.worker != nil else {
            try end(session, as: .aborted, iteration)
            return true
        }
        guard !lease.isStopping else { return true }
        try leases.stop(session, iteration)
        tellToStop(session, lease.generation, Ending.aborted.rawValue, iteration)
        try permissions.withdrawAll(of: session, .aborted, iteration)
        return true
    }

    /// Ends a run whose lease has lapsed.
    func endLapsed(
        _ session: SessionID, _ lapse: LeaseTable<PeerID>.Lapse, _ iteration: Iteration
    ) throws {
        guard let lease = leases.table[session] else { return }
        tellToStop(session, lease.generation, "lease_lost", iteration)
        let isAbort = lease.isStopping || lapse == .notStopped
        try end(session, as: isAbort ? .aborted : .agentLost, iteration)
    }

    /// The session is about to be deleted: its run ends without a word, since nobody could hear it.
    func deleted(_ session: SessionID, _ iteration: Iteration) throws {
        if let lease = leases.table[session] {
            tellToStop(session, lease.generation, "session_deleted", iteration)
            try leases.end(session, isFenced: true, iteration)
        }
        forget(session, iteration)
        for worker in leases.table.workers {
            iteration.send(.agent(.sessionDeleted(session)), to: worker)
        }
    }

    /// A run has said its last word, which is stored.
    func finished(_ row: LeaseRow, _ reason: CompletionReason, _ iteration: Iteration) throws {
        try close(row, iteration)
        try leases.end(row.sessionID, isFenced: false, iteration)
        try release(row.sessionID, of: row.teamID, reason.rawValue, iteration)
    }

    private func tellToStop(
        _ session: SessionID, _ generation: Int64, _ reason: String, _ iteration: Iteration
    ) {
        let lease = SessionLease(session: session, generation: generation)
        leases.tell(session, .abort(lease, reason: reason), iteration)
    }

    /// Ends a run in its worker's place: questions denied, what was not allowed as not run, other tools
    /// with an unknown outcome, `interrupted`, `complete`, and whoever still has the lease is fenced
    /// off.
    private func end(_ session: SessionID, as ending: Ending, _ iteration: Iteration) throws {
        guard let row = try iteration.store.lease(of: session) else { return }
        try publisher.flush(session, iteration)
        try permissions.withdrawAll(
            of: session, ending == .aborted ? .aborted : .agentGone, iteration)
        try endTools(of: row, iteration)
        let queued = try iteration.store.queuedMessages(of: session)
        try publisher.publish(
            .interrupted, in: session,
            [
                "reason": .string(ending.rawValue),
                "queuedMessages": .array(queued.map(\.queuedJSON)),
            ], folding: .interrupted, iteration)
        try publisher.publish(
            .complete, in: session, ["reason": .string(CompletionReason.interrupted.rawValue)],
            folding: .complete(.interrupted, usage: nil), iteration)
        try close(row, iteration)
        try leases.end(session, isFenced: true, iteration)
        try tellOperators(of: session, ending, iteration)
        try release(session, of: row.teamID, ending.rawValue, iteration)
    }

    private func endTools(of row: LeaseRow, _ iteration: Iteration) throws {
        let session = row.sessionID
        let notAllowed = try iteration.store.toolsNotAllowed(
            in: session, generation: row.generation)
        for tool in try directory.entry(session, iteration)?.state.runningTools ?? [] {
            let result = notAllowed.contains(tool.toolUseID) ? Self.notRun : Self.unknownOutcome
            var body: JSONObject = [
                "toolUseId": .string(tool.toolUseID.text), "toolName": .string(tool.toolName),
                "result": .string(result), "isError": true,
            ]
            body.set("turnId", tool.stream.turn?.text)
            body.set("parentToolUseId", tool.stream.parent?.text)
            try publisher.publish(
                .toolResult, in: session, body, folding: .toolResult(tool.toolUseID), iteration)
            try SessionTranscript.write(
                .toolResult(
                    tool.toolUseID, name: tool.toolName, result: result, isError: true,
                    tool.stream.turn),
                of: session, directory, iteration)
        }
    }

    /// What the run took has its answer, or as much of one as there will be.
    private func close(_ row: LeaseRow, _ iteration: Iteration) throws {
        let usage = try directory.entry(row.sessionID, iteration)?.row.usage
        try iteration.store.endProcessing(
            of: row.sessionID,
            usage: usage == row.usageBefore ? nil : usage?.since(row.usageBefore))
    }

    private static let notRun = "Interrupted: nobody had allowed this, and it was not run."
    private static let unknownOutcome = "Interrupted: the outcome is unknown."
}
