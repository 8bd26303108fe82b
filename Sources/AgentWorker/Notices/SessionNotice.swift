import ClaudeAPI
import JSON
import Protocol
import Realtime

/// An event of a run for the people in its session, with its flat fields; CONTRACT section 2.
///
/// Whatever a model or a tool produced fits into a publication: texts are shortened, never refused.
package struct SessionNotice: Equatable, Sendable {
    package let type: SessionEventType
    package let fields: JSONObject

    /// Of one text: a publication is at most 256 KiB with everything around it.
    static let maximumTextBytes = 200 * 1024
    /// Of a tool's input as people see it: a file's content is in the file.
    static let maximumInputBytes = 64 * 1024
    /// Of one string in an input that is too long.
    static let maximumInputStringBytes = 8 * 1024
    /// Of one delta; larger ones are cut into several.
    package static let maximumDeltaBytes = 32 * 1024

    package static func textDelta(_ text: String, _ turn: TurnID) -> SessionNotice {
        SessionNotice(
            type: .textDelta, fields: ["delta": .string(text), "turnId": .string(turn.text)])
    }

    package static func textComplete(
        _ text: String, _ turn: TurnID, isIntermediate: Bool
    ) -> SessionNotice {
        SessionNotice(
            type: .textComplete,
            fields: [
                "text": .string(text.shortened(jsonBytes: maximumTextBytes)),
                "turnId": .string(turn.text), "isIntermediate": .bool(isIntermediate),
            ])
    }

    package static func toolStart(
        _ use: ToolUse, _ turn: TurnID, intent: String? = nil, displayName: String? = nil
    ) -> SessionNotice {
        var fields: JSONObject = [
            "toolName": .string(label(use.name)), "toolUseId": .string(use.id),
            "toolInput": .object(shownInput(use.input)), "turnId": .string(turn.text),
        ]
        fields["toolIntent"] = intent.map { .string(label($0)) }
        fields["toolDisplayName"] = displayName.map { .string($0) }
        return SessionNotice(type: .toolStart, fields: fields)
    }

    package static func toolResult(
        _ result: ToolResult, name: String, _ turn: TurnID
    ) -> SessionNotice {
        SessionNotice(
            type: .toolResult,
            fields: [
                "toolUseId": .string(result.toolUseID), "toolName": .string(label(name)),
                "result": .string(result.content.shortened(jsonBytes: maximumTextBytes)),
                "isError": .bool(result.isError), "turnId": .string(turn.text),
            ])
    }

    package static func usage(_ usage: TokenUsage) -> SessionNotice {
        SessionNotice(type: .usage, fields: usage.json)
    }

    package static func interrupted(_ reason: String) -> SessionNotice {
        SessionNotice(type: .interrupted, fields: ["reason": .string(label(reason))])
    }

    package static func error(_ failure: RunFailure) -> SessionNotice {
        SessionNotice(
            type: .error,
            fields: [
                "error": .string(failure.message.shortened(jsonBytes: 4_096)),
                "code": .string(failure.code.rawValue), "canRetry": .bool(failure.canRetry),
            ])
    }

    package static func complete(_ reason: CompletionReason, _ usage: TokenUsage?) -> SessionNotice
    {
        var fields: JSONObject = ["reason": .string(reason.rawValue)]
        fields["usage"] = usage.map { .object($0.json) }
        return SessionNotice(type: .complete, fields: fields)
    }

    /// A short line: what a model made up as a tool's name may be anything.
    static func label(_ text: String) -> String {
        let plain = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        let line = String(String.UnicodeScalarView(plain.prefix(200)))
        return line.isEmpty ? "unnamed" : line
    }

    private static func shownInput(_ input: ClaudeAPI.ToolInput) -> JSONObject {
        guard case .complete(let object) = input else { return [:] }
        guard JSONValue.object(object).encoded().count > maximumInputBytes else { return object }
        let shown = object.compactMapValues { value in
            value.stringValue.map { .string($0.shortened(jsonBytes: maximumInputStringBytes)) }
        }
        return JSONValue.object(shown).encoded().count > maximumInputBytes ? [:] : shown
    }
}

extension TokenUsage {
    var json: JSONObject {
        var fields: JSONObject = [
            "inputTokens": .integer(inputTokens), "outputTokens": .integer(outputTokens),
        ]
        fields["cacheReadTokens"] = cacheReadTokens.map { .integer($0) }
        fields["cacheCreationTokens"] = cacheCreationTokens.map { .integer($0) }
        fields["contextTokens"] = contextTokens.map { .integer($0) }
        fields["contextWindow"] = contextWindow.map { .integer($0) }
        return fields
    }
}
