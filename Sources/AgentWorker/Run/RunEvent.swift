import ClaudeAPI
import Protocol
import Realtime
import Tools

/// What happens to a run.
package enum RunEvent: Equatable, Sendable {
    case assigned
    case transcriptRead([TranscriptEntry])
    /// Nothing was run: no model, no workspace, no transcript, or the hub refused a report.
    case failed(RunFailure)
    /// Of the request that was last asked for.
    case model(ClaudeEvent)
    case prepared(toolUse: String, PreparedCall)
    /// Not even judged; the words are for the model.
    case unprepared(toolUse: String, String)
    case toolOutput(toolUse: String, String)
    case toolFinished(toolUse: String, ToolOutcome)
    case permissionEnded(PermissionRequestID, PermissionVerdict)
    case modeChanged(SessionMode, version: Int64)
    case rulesChanged([PermissionRule])
    case abort(reason: String)
    /// The hub cannot be reached: what is under way goes on, nothing new begins.
    case linkLost
    case linkRestored
    /// Another run has the session, or may have it: stop and say nothing.
    case leaseLost
    /// The time of ``RunAction/setDeadline`` is over.
    case deadline
}

/// What its shell has to do for a run.
package enum RunAction: Equatable, Sendable {
    case readTranscript
    case askModel(ModelQuestion)
    case cancelModel
    case prepare(ToolCall)
    case run(PreparedCall, SandboxAccess)
    case cancelTool(String)
    case askPermission(PermissionRequestID, PreparedCall)
    /// A question that nobody waits for any more.
    case forgetPermission(PermissionRequestID)
    /// Notices and records between two iterations of the loop are stored together.
    case publish(SessionNotice)
    case record(TranscriptEntry)
    case tell(OperatorNotice)
    case setDeadline(Duration)
    /// A deviation of the model's answer that shows only beside the conversation.
    case count(Deviation)
    /// The run is over and everything about it was said.
    case finish(RunOutcome)
}

/// What the model is asked.
package struct ModelQuestion: Equatable, Sendable {
    package enum Purpose: Equatable, Sendable {
        case answer
        /// The older part of the conversation in few words; uses no tools.
        case summary
    }

    package let purpose: Purpose
    package let messages: [RequestMessage]

    package init(_ purpose: Purpose, _ messages: [RequestMessage]) {
        self.purpose = purpose
        self.messages = messages
    }
}

/// How a run ended, for metrics and the log.
package enum RunOutcome: Equatable, Sendable {
    case complete
    case interrupted
    case failed(RunErrorCode)
    case leaseLost

    /// One of a fixed set.
    package var label: String {
        switch self {
        case .complete: "complete"
        case .interrupted: "interrupted"
        case .failed(let code): code.rawValue.lowercased()
        case .leaseLost: "lease_lost"
        }
    }
}
