import JSON
import Protocol
import Realtime

/// Reads the flat fields of one session event and keeps those that were asked for, in that order.
///
/// Text of agents may hold anything, escape sequences too: only its size is limited.
final class SessionFieldReader {
    private let fields: JSONObject
    private let reader: FieldReader

    /// The known fields, checked.
    private(set) var taken: JSONObject = [:]

    init(_ fields: JSONObject) {
        self.fields = fields
        reader = FieldReader(fields)
    }

    func check() throws { try reader.check() }

    /// Required, and may be empty.
    ///
    /// The size of the whole event is checked once it is written.
    func text(_ key: String, maximum: Int = Limits.maximumPublicationBytes) -> String {
        optionalText(key, maximum: maximum) ?? required(key, or: "")
    }

    /// A required short text.
    func label(_ key: String) -> String { text(key, maximum: SessionLimits.maximumLabelBytes) }

    func optionalLabel(_ key: String) -> String? {
        optionalText(key, maximum: SessionLimits.maximumLabelBytes)
    }

    /// An optional array that nobody here looks into.
    func passArray(_ key: String) {
        guard let value = fields[key], !value.isNull else { return }
        if value.arrayValue == nil { reader.refuse(key, "an array") }
        taken[key] = value
    }

    private func optionalText(_ key: String, maximum: Int) -> String? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let text = value.stringValue, text.utf8.count <= maximum else {
            reader.refuse(key, "a string of at most \(maximum) bytes")
            return ""
        }
        return take(key, value, as: text)
    }

    func flag(_ key: String, isRequired: Bool = false) -> Bool? {
        guard let flag = isRequired ? reader.requiredBoolean(key) : reader.boolean(key) else {
            return nil
        }
        return take(key, .bool(flag), as: flag)
    }

    func identifier<Kind>(_ key: String) -> Identifier<Kind>? {
        guard let id: Identifier<Kind> = reader.identifier(key) else { return nil }
        return take(key, .string(id.text), as: id)
    }

    func requiredIdentifier<Kind>(
        _ key: String, or neutral: Identifier<Kind>
    ) -> Identifier<Kind> {
        identifier(key) ?? required(key, or: neutral)
    }

    func word<Word: RawRepresentable & CaseIterable>(_ key: String, or neutral: Word) -> Word
    where Word.RawValue == String {
        guard let word: Word = reader.choice(key) else { return required(key, or: neutral) }
        return take(key, .string(word.rawValue), as: word)
    }

    func stream() -> TextStream {
        let turn: TurnID? = identifier("turnId")
        return TextStream(turn: turn, parent: identifier("parentToolUseId"))
    }

    func tool() -> RunningTool {
        let name = label("toolName")
        let id: ToolUseID = requiredIdentifier("toolUseId", or: "none")
        let input =
            reader.object("toolInput").map { JSONValue.object($0) }
            ?? required("toolInput", or: [:])
        taken["toolInput"] = input
        let intent = optionalLabel("toolIntent")
        let displayName = optionalLabel("toolDisplayName")
        return RunningTool(
            id, name: name, input: String(decoding: input.encoded(), as: UTF8.self),
            intent: intent, displayName: displayName, in: stream())
    }

    func usage() -> TokenUsage {
        TokenUsage(
            inputTokens: count("inputTokens") ?? required("inputTokens", or: 0),
            outputTokens: count("outputTokens") ?? required("outputTokens", or: 0),
            cacheReadTokens: count("cacheReadTokens"),
            cacheCreationTokens: count("cacheCreationTokens"),
            contextTokens: count("contextTokens"), contextWindow: count("contextWindow"))
    }

    /// The optional object `usage`.
    func nestedUsage() -> TokenUsage? {
        guard let object = reader.object("usage") else { return nil }
        let inner = SessionFieldReader(object)
        let usage = inner.usage()
        do {
            try inner.check()
        } catch {
            reader.refuse("usage", "\(error)")
        }
        return take("usage", .object(inner.taken), as: usage)
    }

    private func count(_ key: String) -> Int64? {
        guard let number = reader.integer(key, in: 0...TokenUsage.maximumCount) else { return nil }
        return take(key, .integer(number), as: number)
    }

    private func required<Value>(_ key: String, or neutral: Value) -> Value {
        reader.require(key, nil, or: neutral)
    }

    private func take<Value>(_ key: String, _ json: JSONValue, as value: Value) -> Value {
        taken[key] = json
        return value
    }
}
