import Daemon
import JSON
import Protocol
import Realtime
import Store

/// Publishes on the channels of sessions: what agents produce and what the hub says itself.
///
/// The one place that knows the order: held text first, then the event, then its fold into the
/// session. So nothing overtakes a delta, and a snapshot agrees with its offset.
package final class SessionPublisher {
    /// Told what became of an event, exactly once.
    typealias Completion = (PublishResult, Iteration) throws -> Void

    /// A delta that is held, and who waits to hear of it.
    private struct HeldDelta {
        let time: Timestamp
        let isIdempotent: Bool
        var completions: [(isDuplicate: Bool, body: Completion)]
    }

    private let channels: Channels
    private let directory: SessionDirectory
    private let alarms: Alarms
    private let metrics: HubMetrics
    private let window: () -> Duration
    private var batcher = DeltaBatcher()
    private var held: [SessionID: [EventID: HeldDelta]] = [:]
    /// What can already be taken back in the running command.
    private var guarded: (iteration: Iteration, command: Int, sessions: Set<SessionID>)?

    /// - Parameter window: how long text is held; read anew for each delta.
    init(
        channels: Channels, directory: SessionDirectory, alarms: Alarms, metrics: HubMetrics,
        window: @escaping () -> Duration
    ) {
        self.channels = channels
        self.directory = directory
        self.alarms = alarms
        self.metrics = metrics
        self.window = window
        alarms.on(.deltaBatches) { [unowned self] iteration in try publishDue(iteration) }
    }

    /// Takes an event of an agent; see ``SessionSeam/publish``.
    func publish(
        _ request: SessionEventRequest, _ iteration: Iteration, _ completion: @escaping Completion
    ) throws {
        let fields = try SessionEventFields(request.type, request.fields)
        let channel = try channels.open(.session(request.session), iteration)
        if request.isIdempotent,
            let known = try channels.position(of: request.eventID, on: channel, iteration)
        {
            metrics.duplicates.add()
            return try completion(
                result(request.eventID, on: channel.name, known, true), iteration)
        }
        if case .textDelta(let stream, let delta) = fields.event {
            return try hold(request, stream, delta, iteration, completion)
        }
        let position = try publishFields(fields, of: request, iteration)
        try completion(result(request.eventID, on: channel.name, position, false), iteration)
    }

    /// Publishes an event of the hub itself and folds it.
    ///
    /// - Parameters:
    ///   - body: the flat fields beside `sessionId`.
    ///   - edit: what else of the session's row changes with it.
    func publish(
        _ type: SessionEventType, in session: SessionID, _ body: JSONObject,
        folding event: SessionEvent?, _ iteration: Iteration,
        _ edit: (inout SessionRow) -> Void = { _ in }
    ) throws {
        try flush(session, iteration)
        let eventID = Fresh.eventID()
        let text = Self.text(type, session, body, at: iteration.now, eventID)
        try channels.publish(
            text, eventID: eventID, on: try channels.open(.session(session), iteration), iteration)
        try directory.change(session, folding: event, iteration, edit)
    }

    /// Publishes what is held of a session.
    func flush(_ session: SessionID, _ iteration: Iteration) throws {
        guard held[session] != nil else { return }
        guardRollback(of: session, iteration)
        for batch in batcher.flush(session) { try publish(batch, iteration) }
        arm()
    }

    /// Publishes everything that is held.
    func flushAll(_ iteration: Iteration) throws {
        for session in held.keys.sorted() { try flush(session, iteration) }
    }

    private func publishFields(
        _ fields: SessionEventFields, of request: SessionEventRequest, _ iteration: Iteration
    ) throws -> StreamPosition {
        // A worker's run goes on to its end; a session bounds what it adds.
        if request.run == nil, fields.record.isKept,
            let team = try directory.entry(request.session, iteration)?.row.teamID
        {
            try directory.checkRoom(of: team, iteration)
        }
        let (record, body) = SessionTranscript.prepare(fields)
        let text = Self.text(request.type, request.session, body, at: request.time, request.eventID)
        guard text.count <= Limits.maximumPublicationBytes else {
            metrics.reached(limit: "hub.maximumPublicationBytes")
            throw OperationError(
                .payloadTooLarge,
                "the event has \(text.count) bytes, at most \(Limits.maximumPublicationBytes) are"
                    + " taken")
        }
        try flush(request.session, iteration)
        let channel = try channels.open(.session(request.session), iteration)
        let position = try channels.publish(
            text, eventID: request.eventID,
            producersEventIDs: request.isIdempotent ? [request.eventID] : [], on: channel, iteration
        )
        try directory.change(
            request.session, folding: fields.event.counting(after: request.run?.usageBefore),
            iteration)
        // A worker's run takes one message at a time: what is queued stays queued at its end.
        let isTurnEndOfRun = record == .turnEnd && request.run != nil
        if !isTurnEndOfRun {
            try SessionTranscript.write(record, of: request.session, directory, iteration)
        }
        return position
    }

    private func hold(
        _ request: SessionEventRequest, _ stream: TextStream, _ delta: String,
        _ iteration: Iteration, _ completion: @escaping Completion
    ) throws {
        let session = request.session
        guardRollback(of: session, iteration)
        batcher.limits.window = window()
        let action = batcher.add(
            TextDelta(session: session, stream: stream, eventID: request.eventID, delta: delta),
            at: iteration.clock)
        if action == .duplicate {
            held[session]?[request.eventID]?.completions.append((true, completion))
            return
        }
        held[session, default: [:]][request.eventID] = HeldDelta(
            time: request.time, isIdempotent: request.isIdempotent,
            completions: [(false, completion)])
        if case .publish(let batches) = action {
            for batch in batches { try publish(batch, iteration) }
        }
        arm()
    }

    private func publish(_ batch: DeltaBatcher.Batch, _ iteration: Iteration) throws {
        let session = batch.session
        let deltas = batch.eventIDs.compactMap { id in
            held[session]?.removeValue(forKey: id).map { (id: id, delta: $0) }
        }
        if held[session]?.isEmpty == true { held[session] = nil }
        guard let first = deltas.first else {
            preconditionFailure("whatever is in a batch is held")
        }
        var body: JSONObject = ["delta": .string(batch.text)]
        body.set("turnId", batch.stream.turn?.text)
        body.set("parentToolUseId", batch.stream.parent?.text)
        let text = Self.text(.textDelta, session, body, at: first.delta.time, first.id)
        let channel = try channels.open(.session(session), iteration)
        let position = try channels.publish(
            text, eventID: first.id,
            producersEventIDs: deltas.filter(\.delta.isIdempotent).map(\.id), on: channel, iteration
        )
        try directory.change(session, folding: .textDelta(batch.stream, batch.text), iteration)
        for (id, delta) in deltas {
            for (isDuplicate, completion) in delta.completions {
                try completion(result(id, on: channel.name, position, isDuplicate), iteration)
            }
        }
    }

    private func publishDue(_ iteration: Iteration) throws {
        for session in batcher.sessionsDue(at: iteration.clock) {
            guardRollback(of: session, iteration)
        }
        for batch in batcher.flushDue(at: iteration.clock) { try publish(batch, iteration) }
        arm()
    }

    private func arm() { alarms.set(.deltaBatches, at: batcher.nextDeadline) }

    /// Once per command and session: what is held comes back if the command fails.
    private func guardRollback(of session: SessionID, _ iteration: Iteration) {
        if guarded?.iteration !== iteration || guarded?.command != iteration.commandNumber {
            guarded = (iteration, iteration.commandNumber, [])
        }
        guard guarded?.sessions.insert(session).inserted == true else { return }
        let checkpoint = batcher.checkpoint(of: session)
        let before = held[session]
        iteration.onRollback { [self] in
            batcher.restore(checkpoint)
            held[session] = before
            arm()
        }
    }

    private func result(
        _ eventID: EventID, on channel: ChannelName, _ position: StreamPosition,
        _ isDuplicate: Bool
    ) -> PublishResult {
        PublishResult(
            channel: channel, position: position, eventID: eventID, isDuplicate: isDuplicate)
    }

    private static func text(
        _ type: SessionEventType, _ session: SessionID, _ body: JSONObject, at time: Timestamp,
        _ eventID: EventID
    ) -> [UInt8] {
        var fields: JSONObject = ["sessionId": .string(session.text)]
        for (key, value) in body { fields[key] = value }
        return EventText.open(
            type: type.rawValue, channel: .session(session), at: time, eventID: eventID,
            body: fields)
    }
}
