import JSON
import Protocol
import Realtime

/// A session event of an agent, its fields checked and in the form in which they are published.
package struct SessionEventFields {
    /// What of it changes the transcript.
    package enum Record: Equatable {
        case none
        case assistant(text: String, MessageID?, TurnID?)
        case toolStart(RunningTool)
        case toolResult(ToolUseID, name: String, result: String, isError: Bool, TurnID?)
        /// What was queued during the turn is the agent's to read now.
        case turnEnd

        /// Whether it adds to the transcript.
        var isKept: Bool {
            switch self {
            case .assistant, .toolStart, .toolResult: true
            case .none, .turnEnd: false
            }
        }
    }

    /// For the live state.
    package let event: SessionEvent
    /// The flat fields beside `sessionId`; unknown ones are left out.
    package let body: JSONObject
    /// For the transcript.
    package let record: Record

    /// Reads the fields of a type that an agent may publish; throws every problem at once.
    package init(_ type: SessionEventType, _ fields: JSONObject) throws {
        let reader = SessionFieldReader(fields)
        (event, record) = try Self.read(type, reader)
        try reader.check()
        body = reader.taken
    }

    private static func read(
        _ type: SessionEventType, _ reader: SessionFieldReader
    ) throws -> (SessionEvent, Record) {
        switch type {
        case .textDelta:
            let delta = reader.text("delta", maximum: SessionLimits.maximumDeltaBytes)
            return (.textDelta(reader.stream(), delta), .none)
        case .textComplete: return textComplete(reader)
        case .toolStart:
            let tool = reader.tool()
            return (.toolStart(tool), .toolStart(tool))
        case .toolResult: return toolResult(reader)
        case .interrupted:
            _ = reader.label("reason")
            reader.passArray("queuedMessages")
            return (.interrupted, .turnEnd)
        case .usage: return (.usage(reader.usage()), .none)
        case .error:
            _ = reader.text("error")
            _ = reader.label("code")
            _ = reader.flag("canRetry", isRequired: true)
            return (.error, .turnEnd)
        case .complete:
            let reason: CompletionReason = reader.word("reason", or: .complete)
            return (.complete(reason, usage: reader.nestedUsage()), .turnEnd)
        case .userMessage, .permissionRequest, .permissionResolved, .permissionTimeout,
            .modeChanged:
            throw ValidationError(
                path: "type",
                "\(type.rawValue) follows from a request to /api/sessions and is not published")
        }
    }

    private static func textComplete(_ reader: SessionFieldReader) -> (SessionEvent, Record) {
        let text = reader.text("text")
        let turn: TurnID? = reader.identifier("turnId")
        let isIntermediate = reader.flag("isIntermediate") ?? false
        let message: MessageID? = reader.identifier("messageId")
        let stream = TextStream(turn: turn, parent: reader.identifier("parentToolUseId"))
        // A sub-agent's text is part of its tool's work, not of the conversation.
        let record: Record = stream.parent == nil ? .assistant(text: text, message, turn) : .none
        return (.textComplete(stream, isIntermediate: isIntermediate), record)
    }

    private static func toolResult(_ reader: SessionFieldReader) -> (SessionEvent, Record) {
        let id: ToolUseID = reader.requiredIdentifier("toolUseId", or: "none")
        let name = reader.label("toolName")
        let result = reader.text("result")
        let isError = reader.flag("isError") ?? false
        let stream = reader.stream()
        return (
            .toolResult(id),
            .toolResult(id, name: name, result: result, isError: isError, stream.turn)
        )
    }
}
