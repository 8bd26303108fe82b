import JSON
import Protocol
import Realtime

/// An event of a run for operators, on the channels of its agent and its team.
package struct OperatorNotice: Equatable, Sendable {
    package let type: DomainEventType
    package let payload: JSONObject

    package static func status(_ status: SessionStatus) -> OperatorNotice {
        OperatorNotice(type: .agentStatusChanged, payload: ["status": .string(status.rawValue)])
    }

    /// The run waits for a person.
    package static func waits(
        for request: PermissionRequestID, toolName: String, command: String
    ) -> OperatorNotice {
        OperatorNotice(
            type: .blockerRaised,
            payload: [
                "reason": "permission", "requestId": .string(request.text),
                "toolName": .string(toolName),
                "command": .string(command.shortened(jsonBytes: 2_048)),
            ])
    }

    /// The run failed for good.
    package static func failed(_ failure: RunFailure) -> OperatorNotice {
        OperatorNotice(
            type: .blockerRaised,
            payload: [
                "reason": "failed", "code": .string(failure.code.rawValue),
                "error": .string(failure.message.shortened(jsonBytes: 2_048)),
                "canRetry": .bool(failure.canRetry),
            ])
    }

    package static func completed(
        steps: Int, toolCalls: Int, usage: TokenUsage
    ) -> OperatorNotice {
        OperatorNotice(
            type: .taskCompleted,
            payload: [
                "steps": .integer(Int64(steps)), "toolCalls": .integer(Int64(toolCalls)),
                "usage": .object(usage.json),
            ])
    }

    /// How the work goes on; many of these are dropped (see ``LogThrottle``).
    package static func log(
        _ message: String, level: String = "info", tool: String? = nil
    ) -> OperatorNotice {
        var payload: JSONObject = [
            "level": .string(level), "message": .string(message.shortened(jsonBytes: 2_048)),
        ]
        payload["toolName"] = tool.map { .string($0) }
        return OperatorNotice(type: .logEntry, payload: payload)
    }

    /// Whether the team's channel has it too, where the agent has a channel of its own.
    package var isForTeam: Bool { type != .logEntry }
}

/// Lets through as many lines of a run as people can read, and counts the others.
package struct LogThrottle: Equatable, Sendable {
    private var bucket = TokenBucket(rate: linesPerSecond, burst: burst)
    private var dropped = 0

    /// 5 a second in the long run: a channel's history is no place for a build's whole output.
    package static let linesPerSecond = 5
    /// A short command's output comes whole.
    package static let burst = 20

    package init() {}

    /// The text to log, with what was left out before it; nil where it is too much.
    package mutating func admit(_ text: String, at now: Duration) -> String? {
        guard bucket.take(at: now) else {
            dropped += 1
            return nil
        }
        defer { dropped = 0 }
        return dropped == 0 ? text : "[\(dropped) left out]\n\(text)"
    }
}
