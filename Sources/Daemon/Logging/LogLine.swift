import JSON
import Logging

/// One event as one line: time, level, process, message, then the fields sorted by name.
package enum LogLine {
    /// Longest message and longest value of a field, so that a peer's bytes cannot fill a disk
    /// with one line.
    static let maximumValueBytes = 2_048

    static func text(
        milliseconds: Int64, level: Logger.Level, process: String, message: String,
        fields: Logger.Metadata
    ) -> String {
        var line = "\(time(milliseconds)) \(level.rawValue) \(process) "
        line += LogText.escaped(message, maximumBytes: maximumValueBytes, isQuoted: false)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(LogText.escaped(key, maximumBytes: 64))=\(quoted(flat(value)))"
        }
        return line + "\n"
    }

    static func json(
        milliseconds: Int64, level: Logger.Level, process: String, message: String,
        fields: Logger.Metadata
    ) -> String {
        var object: JSONObject = [
            "time": .string(time(milliseconds)),
            "level": .string(level.rawValue),
            "process": .string(process),
            "message": .string(cut(message)),
        ]
        if !fields.isEmpty { object["fields"] = structured(.dictionary(fields)) }
        return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self) + "\n"
    }

    /// ISO 8601 in UTC with milliseconds, from the days since 1970 (Howard Hinnant's civil
    /// calendar: years begin in March, eras have 400 years).
    package static func time(_ milliseconds: Int64) -> String {
        let (whole, part) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let (days, inDay) = part < 0 ? (whole - 1, part + 86_400_000) : (whole, part)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1_000 % 60]
            .map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock).\(padded(inDay % 1_000, 3))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
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
