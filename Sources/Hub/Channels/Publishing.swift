import JSON
import Protocol
import Realtime

/// The `publish` request: a list of events, all of them accepted or none.
struct Publishing {
    let channels: Channels
    let access: ChannelAccess
    let seam: () -> SessionSeam
    let metrics: HubMetrics

    func publish(
        _ events: [ProducedEvent], texts: [UInt8], for caller: Caller, _ reply: Reply,
        _ iteration: Iteration
    ) throws {
        let answer = PublishAnswer(count: events.count, reply: reply)
        try publish(events, texts: texts, for: caller, iteration) { index, result, iteration in
            answer.set(index, result, iteration)
        }
    }

    /// Publishes all or throws.
    ///
    /// - Parameter told: called once for each event by its index, now or in a later iteration.
    func publish(
        _ events: [ProducedEvent], texts: [UInt8], for caller: Caller, _ iteration: Iteration,
        told: @escaping (Int, PublishResult, Iteration) throws -> Void
    ) throws {
        try check(events, caller, iteration)
        var start = 0
        for (index, event) in events.enumerated() {
            switch event.content {
            case .ready(let bytes):
                let text = texts[start..<start + bytes]
                start += bytes
                try told(index, try publish(event, text, iteration), iteration)
            case .session(let type, let fields):
                try publish(event, type, fields, caller, at: index, iteration, told)
            }
        }
    }

    /// Every event has to be allowed before the first one is published; the answer says which one
    /// was not.
    private func check(
        _ events: [ProducedEvent], _ caller: Caller, _ iteration: Iteration
    ) throws {
        var allowed: Set<ChannelIdentity> = []
        for (index, event) in events.enumerated() {
            try Self.naming(index) {
                try checkForm(event, caller)
                if allowed.insert(event.channel).inserted {
                    try access.check(caller, mayUse: event.channel, iteration)
                }
            }
        }
    }

    private func checkForm(_ event: ProducedEvent, _ caller: Caller) throws(OperationError) {
        if case .run(let author) = caller { try checkPlace(event, author) }
        switch event.content {
        case .ready(let bytes):
            if case .principal(let principal) = caller { try principal.require(.publish) }
            guard bytes <= Limits.maximumPublicationBytes else {
                metrics.reached(limit: "hub.maximumPublicationBytes")
                throw OperationError(
                    .payloadTooLarge,
                    "the event has \(bytes) bytes, at most \(Limits.maximumPublicationBytes)"
                        + " are taken")
            }
        case .session(let type, _):
            if case .principal(let principal) = caller { try principal.require(.sessionsRun) }
            guard event.channel.kind == .session, type.isPublishable else {
                throw OperationError(
                    .validationError,
                    "\(type.rawValue) is published on a session's channel only, and only if the"
                        + " server does not make it itself")
            }
        }
    }

    /// A run speaks in its own session, and to operators on its agent's and its team's channels.
    private func checkPlace(
        _ event: ProducedEvent, _ author: RunAuthor
    ) throws(OperationError) {
        let isInPlace =
            switch event.content {
            case .ready: event.channel.kind == .agent || event.channel.kind == .team
            case .session: event.channel == .session(author.lease.session)
            }
        guard isInPlace else {
            throw OperationError(
                .channelForbidden,
                "a run does not publish this on the channel \(event.channel.name)")
        }
    }

    private func publish(
        _ event: ProducedEvent, _ text: ArraySlice<UInt8>, _ iteration: Iteration
    ) throws -> PublishResult {
        let channel = try channels.open(event.channel, iteration)
        if event.isIdempotent,
            let known = try channels.position(of: event.eventID, on: channel, iteration)
        {
            metrics.duplicates.add()
            return PublishResult(
                channel: channel.name, position: known, eventID: event.eventID, isDuplicate: true)
        }
        if let session = event.channel.sessionID { try seam().flush(session, iteration) }
        let position = try channels.publish(
            text, eventID: event.eventID,
            producersEventIDs: event.isIdempotent ? [event.eventID] : [], on: channel, iteration)
        return PublishResult(
            channel: channel.name, position: position, eventID: event.eventID, isDuplicate: false)
    }

    private func publish(
        _ event: ProducedEvent, _ type: SessionEventType, _ fields: JSONObject, _ caller: Caller,
        at index: Int, _ iteration: Iteration,
        _ told: @escaping (Int, PublishResult, Iteration) throws -> Void
    ) throws {
        guard let session = event.channel.sessionID else {
            preconditionFailure("a session event was checked to be on a session's channel")
        }
        let request = SessionEventRequest(
            session: session, type: type, fields: fields, eventID: event.eventID,
            isIdempotent: event.isIdempotent, time: event.time, caller: caller)
        try Self.naming(index) {
            try seam().publish(request, iteration) { result, iteration in
                try told(index, result, iteration)
            }
        }
    }

    /// Adds the event's index to whatever refuses it.
    private static func naming(_ index: Int, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as OperationError {
            var details: JSONObject = ["index": .integer(Int64(index))]
            if let cause = error.details { details["cause"] = cause }
            throw OperationError(
                error.code, "events[\(index)]: \(error.message)", details: .object(details),
                retryAfterSeconds: error.retryAfterSeconds)
        }
    }
}

/// Collects what became of the events of one request, and answers when nothing is missing.
final class PublishAnswer {
    private let reply: Reply
    private var results: [PublishResult?]
    private var missing: Int

    init(count: Int, reply: Reply) {
        self.reply = reply
        results = Array(repeating: nil, count: count)
        missing = count
    }

    func set(_ index: Int, _ result: PublishResult, _ iteration: Iteration) {
        precondition(results[index] == nil, "an event has one result")
        results[index] = result
        missing -= 1
        // A later command may publish a held delta and then fail: the delta is held again.
        iteration.onRollback { [self] in
            results[index] = nil
            missing += 1
        }
        guard missing == 0 else { return }
        let list = results.compactMap { $0?.json }
        iteration.answer(reply, ["results": .array(list)])
    }
}
