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
        operations.on(.listMessages, list)
        operations.on(.createMessage, create)
        operations.on(.deleteMessage, delete)
    }

    private enum Order: String, CaseIterable { case oldest, newest }

    /// Oldest first, or the other way round for readers who begin at the end.
    private func list(_ call: OperationCall) throws -> JSONValue {
        let session = try call.session(directory).row.id
        let page = try call.page()
        let order: Order = try call.read { $0.choice("order") } ?? .oldest
        let place = page.after.flatMap { Int64($0) }
        let rows =
            switch order {
            case .oldest:
                try call.store.messages(of: session, after: place ?? 0, limit: page.fetch)
            case .newest:
                try call.store.messages(of: session, before: place ?? .max, limit: page.fetch)
            }
        return page.answer(rows, position: { String($0.sequence) }, json: \.json)
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
        let status = try runs.status(ofNextMessageIn: row, call.iteration)
        if status == .queued { try checkQueue(of: row.id, call) }
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

    private func checkQueue(of session: SessionID, _ call: OperationCall) throws {
        let queued = try call.store.queuedMessages(of: session).count
        guard queued < SessionLimits.maximumQueuedMessages else {
            metrics.reached(limit: "hub.maximumQueuedMessages")
            throw OperationError(
                .limitReached,
                "\(queued) messages wait for the running turn already; wait for it, or abort it",
                retryAfterSeconds: 5)
        }
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
