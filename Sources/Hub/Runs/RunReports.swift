import Daemon
import JSON
import Protocol
import Realtime
import Store

/// Takes what runs have to tell; see `RunReport`.
struct RunReports {
    let runs: RunDesk
    let publishing: Publishing
    let metrics: HubMetrics

    /// Stores all of a report, or throws and stores nothing of it; a repeated one has no effect.
    ///
    /// It is answered when all of it is on disk. For text alone, which is held for a moment, that is
    /// a moment later: if this process dies before, the worker still has it and says it again.
    func take(_ report: RunReport, _ reply: Reply, _ iteration: Iteration) throws {
        let session = report.lease.session
        guard let row = try iteration.store.lease(of: session),
            row.generation == report.lease.generation
        else { throw Leases.lost(report.lease) }
        if report.number <= row.lastReport { return iteration.answer(reply, .null) }
        guard row.state != .ended, runs.leases.isHeld(report.lease, by: reply.peer) else {
            throw Leases.lost(report.lease)
        }
        try runs.checkOrder(of: report)
        let end = try Self.end(of: report)
        if end != nil {
            try runs.permissions.withdrawAll(
                of: session, row.state == .stopping ? .aborted : .agentGone, iteration)
        }
        let events = try events(of: report, row, iteration)
        let receipt = ReportReceipt(report, eventCount: events.count, reply)
        try publishing.publish(
            events, texts: report.texts,
            for: .run(RunAuthor(report.lease, of: row.teamID, after: row.usageBefore)), iteration
        ) { _, _, iteration in
            try receipt.published(iteration)
        }
        if !report.isTextAlone {
            // What else it holds is on disk with this iteration, so its text has to be, too.
            try publishing.seam().flush(session, iteration)
            try store(report.transcript, of: session, iteration)
            try receipt.complete(iteration)
        }
        if let end {
            let isAborted = row.state == .stopping && end == .complete
            try runs.finished(row, isAborted ? .interrupted : end, iteration)
        }
    }

    /// How the report ends its run; nil where the run goes on.
    private static func end(of report: RunReport) throws -> CompletionReason? {
        let ends = report.events.enumerated().filter { $0.element.completion != nil }
        guard let (index, event) = ends.first else { return nil }
        let isLast = report.events[(index + 1)...].allSatisfy { event in
            if case .ready = event.content { true } else { false }
        }
        guard isLast, let reason = event.completion else {
            throw ValidationError(path: "events", "one complete, and no session event behind it")
        }
        return reason
    }

    /// The events as people see them: an interrupted run says what waits, and a run that somebody
    /// stopped was stopped, also where its last word was on its way already.
    private func events(
        of report: RunReport, _ row: LeaseRow, _ iteration: Iteration
    ) throws -> [ProducedEvent] {
        let isInterrupted = report.events.contains { $0.isSession(.interrupted) }
        return try report.events.flatMap { event -> [ProducedEvent] in
            if event.isSession(.interrupted) {
                return [try listingQueue(event, iteration)]
            }
            guard row.state == .stopping, event.completion == .complete else { return [event] }
            let interrupted = event.replaced(
                by: .interrupted, fields: ["reason": .string(RunDesk.Ending.aborted.rawValue)],
                eventID: Fresh.eventID())
            let complete = event.replaced(
                by: .complete,
                fields: event.fields.merging(
                    ["reason": .string(CompletionReason.interrupted.rawValue)]),
                eventID: event.eventID)
            return isInterrupted
                ? [complete] : [try listingQueue(interrupted, iteration), complete]
        }
    }

    private func listingQueue(
        _ event: ProducedEvent, _ iteration: Iteration
    ) throws -> ProducedEvent {
        guard let session = event.channel.sessionID, event.fields["queuedMessages"] == nil else {
            return event
        }
        let queued = try iteration.store.queuedMessages(of: session)
        return event.replaced(
            by: .interrupted,
            fields: event.fields.merging(["queuedMessages": .array(queued.map(\.queuedJSON))]),
            eventID: event.eventID)
    }

    private func store(
        _ entries: [TranscriptEntry], of session: SessionID, _ iteration: Iteration
    ) throws {
        guard !entries.isEmpty else { return }
        for entry in entries { try iteration.store.append(entry, to: session) }
        guard try TranscriptBounds().apply(to: session, iteration.store) else { return }
        metrics.reached(limit: "hub.maximumTranscriptBytes")
        // One turn alone that is larger than all that is kept: nothing of it may be left out.
        let size = try iteration.store.transcriptSize(of: session).bytes
        guard size <= 2 * SessionLimits.maximumTranscriptBytes else {
            throw OperationError(
                .limitReached,
                "the conversation's latest turn has \(size) bytes; summarise it")
        }
    }
}

extension RunReport {
    /// Nothing but text that is being streamed.
    fileprivate var isTextAlone: Bool {
        transcript.isEmpty && !events.isEmpty && events.allSatisfy { $0.isSession(.textDelta) }
    }
}

extension ProducedEvent {
    fileprivate var fields: JSONObject {
        if case .session(_, let fields) = content { fields } else { [:] }
    }

    fileprivate func isSession(_ type: SessionEventType) -> Bool {
        if case .session(type, _) = content { true } else { false }
    }

    /// How it says that the run ended; nil where it says nothing of the kind.
    ///
    /// A malformed reason counts as an end here, and is refused when it is published.
    fileprivate var completion: CompletionReason? {
        guard isSession(.complete) else { return nil }
        return fields["reason"]?.stringValue.flatMap { CompletionReason(rawValue: $0) } ?? .error
    }

    fileprivate func replaced(
        by type: SessionEventType, fields: JSONObject, eventID: EventID
    ) -> ProducedEvent {
        ProducedEvent(
            channel: channel, eventID: eventID,
            isIdempotent: isIdempotent && eventID == self.eventID,
            time: time, content: .session(type, fields: fields))
    }
}

extension JSONObject {
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in other { merged[key] = value }
        return merged
    }
}
