import JSON
import Protocol
import Realtime

/// The flat fields of the session events that a producer may publish (CONTRACT §2).
///
/// Checked at the border by this table, and described in the OpenAPI document by the same.
struct SessionEventShape {
    struct Field {
        let name: String
        let kind: Kind
        let isRequired: Bool
    }

    enum Kind {
        /// Any text, terminal escapes included; the hub limits its length.
        case text
        /// A producer's own name for something: 1–128 printable ASCII.
        case identifier
        case boolean
        /// Not negative.
        case count
        case object
        case array
        case word([String])
    }

    let type: SessionEventType
    let fields: [Field]

    /// Nil for a type that only the hub may tell.
    static func of(_ type: SessionEventType) -> SessionEventShape? {
        all.first { $0.type == type }
    }

    static let all: [SessionEventShape] = [
        SessionEventShape(
            .textDelta, [("delta", .text)], [("turnId", .identifier)] + [parent]),
        SessionEventShape(
            .textComplete, [("text", .text)],
            [("turnId", .identifier), ("isIntermediate", .boolean), ("messageId", .identifier)]
                + [parent]),
        SessionEventShape(
            .toolStart,
            [("toolName", .text), ("toolUseId", .identifier), ("toolInput", .object)],
            [("toolIntent", .text), ("toolDisplayName", .text), ("turnId", .identifier)]
                + [parent]),
        SessionEventShape(
            .toolResult,
            [("toolUseId", .identifier), ("toolName", .text), ("result", .text)],
            [("isError", .boolean), ("turnId", .identifier)] + [parent]),
        SessionEventShape(.interrupted, [("reason", .text)], [("queuedMessages", .array)]),
        SessionEventShape(
            .usage, [("inputTokens", .count), ("outputTokens", .count)],
            [
                ("cacheReadTokens", .count), ("cacheCreationTokens", .count),
                ("contextTokens", .count), ("contextWindow", .count),
            ]),
        SessionEventShape(
            .error, [("error", .text), ("code", .text), ("canRetry", .boolean)], []),
        SessionEventShape(
            .complete, [("reason", .word(["complete", "interrupted", "error"]))],
            [("usage", .object)]),
    ]

    private static let parent: (String, Kind) = ("parentToolUseId", .identifier)

    private init(
        _ type: SessionEventType, _ required: [(String, Kind)], _ optional: [(String, Kind)]
    ) {
        precondition(type.isPublishable, "the shape of an event that only the hub may tell")
        self.type = type
        fields =
            required.map { Field(name: $0.0, kind: $0.1, isRequired: true) }
            + optional.map { Field(name: $0.0, kind: $0.1, isRequired: false) }
    }
}

extension SessionEventShape {
    /// The known fields of an event; unknown ones are left out, problems go to the reader.
    func read(_ reader: FieldReader) -> JSONObject {
        var values: JSONObject = [:]
        for field in fields {
            let value = field.kind.read(field.name, reader)
            if let value {
                values[field.name] = value
            } else if field.isRequired {
                _ = reader.require(field.name, value, or: .null)
            }
        }
        return values
    }
}

extension SessionEventShape.Kind {
    fileprivate func read(_ name: String, _ reader: FieldReader) -> JSONValue? {
        switch self {
        case .text:
            guard let value = reader.value(name), !value.isNull else { return nil }
            if value.stringValue == nil { reader.refuse(name, "a string") }
            return value
        case .identifier:
            let identifier: ToolUseID? = reader.identifier(name)
            return identifier.map { .string($0.text) }
        case .boolean: return reader.boolean(name).map { .bool($0) }
        case .count: return reader.integer(name, in: 0...(1 << 53)).map { .integer($0) }
        case .object: return reader.object(name).map { .object($0) }
        case .array:
            guard let value = reader.value(name), !value.isNull else { return nil }
            if value.arrayValue == nil { reader.refuse(name, "an array") }
            return value
        case .word(let words):
            guard let value = reader.value(name), !value.isNull else { return nil }
            guard let word = value.stringValue, words.contains(word) else {
                reader.refuse(name, "one of \(words.joined(separator: ", "))")
                return nil
            }
            return value
        }
    }
}
