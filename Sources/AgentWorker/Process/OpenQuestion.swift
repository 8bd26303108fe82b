import EventLoop
import JSON
import Protocol
import Realtime
import Tools

/// A question for permission that has no answer yet, kept for asking again after a lost link.
struct OpenQuestion {
    /// Of `permissions.request`.
    let parameters: JSONObject
    /// Ends the wait; cancelled with the question.
    private let timer: Timer?

    /// What the hub takes of a description, less an ellipsis.
    private static let maximumDescriptionBytes = 2_000

    init(
        _ id: PermissionRequestID, _ call: PreparedCall, of run: RunAssignment, _ timer: Timer?
    ) {
        self.timer = timer
        let question = call.question
        var parameters: JSONObject = [
            "sessionId": .string(run.lease.session.text),
            "generation": .integer(run.lease.generation), "requestId": .string(id.text),
            "toolName": .string(question.toolName), "command": .string(question.command),
            "description": .string(Self.plain(question.description)),
            "toolUseId": .string(call.call.id),
            "inputDigest": .string(call.digest.description),
            "timeoutMs": run.permissionTimeoutMilliseconds.map { .integer($0) } ?? .null,
        ]
        parameters["rule"] = call.rule?.wireJSON
        self.parameters = parameters
    }

    /// Without control characters other than line breaks and tabs, and short enough.
    private static func plain(_ text: String) -> String {
        let kept = text.unicodeScalars.map { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\n" || scalar == "\t"
                ? scalar : "\u{FFFD}"
        }
        let plain = String(String.UnicodeScalarView(kept))
        guard !plain.isEmpty else { return "No description." }
        let (head, isWhole) = plain.fitting(jsonBytes: maximumDescriptionBytes)
        return isWhole ? plain : "\(head)…"
    }
}
