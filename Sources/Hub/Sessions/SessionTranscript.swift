import JSON
import Protocol
import Realtime
import Store

/// Writes what agents say and do into the transcript that REST shows.
enum SessionTranscript {
    /// Gives a final text its message's id, so that whoever sees the event finds the message.
    static func prepare(
        _ fields: SessionEventFields
    ) -> (record: SessionEventFields.Record, body: JSONObject) {
        guard case .assistant(let text, let id, let turn) = fields.record, id == nil else {
            return (fields.record, fields.body)
        }
        let message: MessageID = Fresh.identifier("msg")
        var body = fields.body
        body["messageId"] = .string(message.text)
        return (.assistant(text: text, message, turn), body)
    }

    /// The event was published: its part of the transcript follows in the same transaction.
    static func write(
        _ record: SessionEventFields.Record, of session: SessionID, _ directory: SessionDirectory,
        _ iteration: Iteration
    ) throws {
        switch record {
        case .none:
            break
        case .turnEnd:
            try iteration.store.acceptQueuedMessages(of: session)
        case .assistant(let text, let id, let turn):
            try assistant(text, id ?? Fresh.identifier("msg"), turn, session, directory, iteration)
        case .toolStart(let tool):
            try append(.tool, to: session, directory, iteration) { message in
                message.toolName = tool.toolName
                message.toolUseID = tool.toolUseID
                message.toolInput = tool.toolInput
                message.turnID = tool.stream.turn
            }
        case .toolResult(let id, let name, let result, let isError, let turn):
            let finish: (inout MessageRow) -> Void = { message in
                message.toolName = name
                message.toolUseID = id
                message.result = result
                message.isError = isError
                message.turnID = message.turnID ?? turn
            }
            if var message = try iteration.store.message(about: id, of: session),
                message.result == nil
            {
                finish(&message)
                try iteration.store.update(message)
                try directory.boundMessages(of: session, iteration)
            } else {
                try append(.tool, to: session, directory, iteration, finish)
            }
        }
    }

    /// Adds a message at the end of the transcript.
    @discardableResult
    static func append(
        _ role: MessageRow.Role, id: MessageID = Fresh.identifier("msg"), text: String = "",
        to session: SessionID, _ directory: SessionDirectory, _ iteration: Iteration,
        _ fill: (inout MessageRow) -> Void
    ) throws -> MessageRow? {
        var message: MessageRow?
        try directory.change(session, iteration) { row in
            row.messageCount += 1
            row.lastMessageAt = iteration.now
            message = MessageRow(
                sessionID: session, sequence: row.messageCount, id: id, role: role, text: text,
                createdAt: iteration.now)
        }
        guard var message else { return nil }
        fill(&message)
        try iteration.store.insert(message)
        try directory.boundMessages(of: session, iteration)
        return message
    }

    /// A message that the agent sends again under its id is the same message, written anew.
    private static func assistant(
        _ text: String, _ id: MessageID, _ turn: TurnID?, _ session: SessionID,
        _ directory: SessionDirectory, _ iteration: Iteration
    ) throws {
        if var message = try iteration.store.message(id, of: session) {
            guard message.role == .assistant else { return }
            message.text = text
            try iteration.store.update(message)
            return try directory.boundMessages(of: session, iteration)
        }
        try append(.assistant, id: id, text: text, to: session, directory, iteration) {
            $0.turnID = turn
        }
    }
}
