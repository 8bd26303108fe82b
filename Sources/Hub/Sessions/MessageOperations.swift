import JSON
import Protocol
import Realtime
import Store

/// `messages.*`: the transcript of a session, and what people say in it.
struct MessageOperations {
    let directory: SessionDirectory
    let publisher: SessionPublisher
    let runs: RunDesk
    let metrics: HubMetrics

    func register(in operations: OperationRegistry) {
        operations.onRead(.listMessages, list)
        operations.on(.createMessage, create)
        operations.on(.deleteMessage, delete)
    }

    private enum Order: String, CaseIterable { case oldest, newest }

    /// Oldest first, or the other way round for readers who begin at the end.
    private func list(_ call: OperationCall) throws -> HeavyRead {
        let session = try call.session(directory).row
        let page = try call.page()
        let order: Order = try call.read { $0.choice("order") } ?? .oldest
        let start: Int64 = order == .oldest ? 0 : .max
        return HeavyRead(for: session.teamID) { store in
            let batch = try store.messages(
                of: session.id, beyond: page.after.flatMap { Int64($0) } ?? start,
                isNewestFirst: order == .newest, limit: page.limit,
                maximumBytes: Limits.maximumPageBytes)
            return page.answer(batch, position: { String($0.sequence) }, json: \.json)
        }
    }

    /// A message that a client sends again under its own id is the one it sent before.
    private func create(_ call: OperationCall) throws -> JSONValue {
        let row = try call.session(directory).row
        let (text, clientID): (String, ClientMessageID?) = try call.read { reader in
            (
                reader.require("text", Self.text(reader), or: ""),
                reader.identifier("clientMessageId")
            )
        }
        if let clientID, let known = try call.store.message(sentAs: clientID, to: row.id) {
            return Self.answer(known)
        }
        try directory.checkRoom(of: row.teamID, call.iteration)
        let status = try runs.status(ofNextMessageIn: row, call.iteration)
        try checkQueue(of: row, status, call)
        let message = try append(text, clientID, status, to: row.id, call)
        runs.want(row, call.iteration)
        return Self.answer(message)
    }

    /// Only what still waits can be taken back: what is queued, and what was accepted for a worker
    /// that has not come.
    private func delete(_ call: OperationCall) throws -> JSONValue {
        let row = try call.session(directory).row
        let session = row.id
        guard let message = try call.store.message(try call.pathID("messageId"), of: session) else {
            throw call.notFound()
        }
        guard message.status == .queued || message.status == .accepted && !row.isOutside else {
            throw OperationError(
                .conflict, "the message \(message.id) does not wait any more; abort its run instead"
            )
        }
        try call.store.delete(message)
        try runs.messageRemoved(from: session, call.iteration)
        try directory.tellChanged(session, call.iteration)
        return ["deleted": true]
    }

    /// Whatever people paste, escape sequences too; only its size is limited.
    private static func text(_ reader: FieldReader) -> String? {
        guard let value = reader.value("text"), !value.isNull else { return nil }
        let sizes = 1...SessionLimits.maximumMessageBytes
        guard let text = value.stringValue, sizes.contains(text.utf8.count) else {
            reader.refuse("text", "a string of 1 to \(sizes.upperBound) bytes")
            return nil
        }
        return text
    }

    /// What a turn holds up is bounded closely; what waits for a worker to come, loosely.
    private func checkQueue(
        of row: SessionRow, _ status: UserMessageStatus, _ call: OperationCall
    ) throws {
        let waiting = try call.store.waitingCounts(of: row.id)
        if status == .queued, waiting.queued >= SessionLimits.maximumQueuedMessages {
            metrics.reached(limit: "hub.maximumQueuedMessages")
            throw OperationError(
                .limitReached,
                "\(waiting.queued) messages wait for the running turn already; wait for it, or abort"
                    + " it", retryAfterSeconds: 5)
        }
        guard !row.isOutside, waiting.all >= SessionLimits.maximumWaitingMessages else { return }
        metrics.reached(limit: "hub.maximumWaitingMessages")
        throw OperationError(
            .limitReached,
            "\(waiting.all) messages wait for an agent already; see that an agent worker runs, or"
                + " take some back", retryAfterSeconds: 60)
    }

    private func append(
        _ text: String, _ clientID: ClientMessageID?, _ status: UserMessageStatus,
        to session: SessionID, _ call: OperationCall
    ) throws -> MessageRow {
        let message = try SessionTranscript.append(
            .user, text: text, to: session, directory, call.iteration
        ) { message in
            message.status = status
            message.clientMessageID = clientID
        }
        guard let message else { throw call.notFound() }
        try publisher.publish(
            .userMessage, in: session, message.event, folding: .userMessage(status), call.iteration)
        return message
    }

    /// What has been answered is accepted too, for whoever asks again.
    private static func answer(_ message: MessageRow) -> JSONValue {
        let status = message.status ?? .accepted
        return ["messageId": .string(message.id.text), "status": .string(status.rawValue)]
    }
}
