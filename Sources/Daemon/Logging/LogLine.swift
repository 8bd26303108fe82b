import JSON
import Logging
import Realtime

/// One event as one line: time, level, process, message, then the fields sorted by name.
enum LogLine {
    /// Longest message and longest value of a field, so that a peer's bytes cannot fill a disk
    /// with one line.
    static let maximumValueBytes = 2_048

    /// - Parameter time: nil for a reader that knows it.
    static func text(
        time: Timestamp?, level: Logger.Level, process: String, message: String,
        fields: Logger.Metadata
    ) -> String {
        var line = time.map { "\($0) " } ?? ""
        line += "\(level.rawValue) \(process) "
        line += LogText.escaped(message, maximumBytes: maximumValueBytes, isQuoted: false)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(LogText.escaped(key, maximumBytes: 64))=\(quoted(flat(value)))"
        }
        return line + "\n"
    }

    static func json(
        time: Timestamp, level: Logger.Level, process: String, message: String,
        fields: Logger.Metadata
    ) -> String {
        var object: JSONObject = [
            "time": .string(time.description),
            "level": .string(level.rawValue),
            "process": .string(process),
            "message": .string(cut(message)),
        ]
        if !fields.isEmpty { object["fields"] = structured(.dictionary(fields)) }
        return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self) + "\n"
    }

    private static func flat(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array(let values): "[\(values.map(flat).joined(separator: ","))]"
        case .dictionary(let fields):
            "{\(fields.map { "\($0.key)=\(flat($0.value))" }.sorted().joined(separator: ","))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = LogText.escaped(text, maximumBytes: maximumValueBytes)
        let isPlain =
            escaped == text && !text.isEmpty
            && !text.utf8.contains(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "=") })
        return isPlain ? text : "\"\(escaped)\""
    }

    private static func structured(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(cut(text))
        case .stringConvertible(let value): return .string(cut(value.description))
        case .array(let values): return .array(values.map(structured))
        case .dictionary(let fields):
            var object: JSONObject = [:]
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                object[key] = structured(value)
            }
            return .object(object)
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumValueBytes else { return text }
        return String(decoding: text.utf8.prefix(maximumValueBytes), as: UTF8.self) + "…"
    }
}
