import JSON
import Realtime

extension Setting {
    /// The value in use, as `config.json` would state it.
    public func value(in settings: Settings) -> JSONValue {
        switch kind {
        case .integer(let path, _): .integer(Int64(settings[keyPath: path]))
        case .milliseconds(let path, _): .integer(settings[keyPath: path].wholeMilliseconds)
        case .optionalMilliseconds(let path, _):
            settings[keyPath: path].map { .integer($0.wholeMilliseconds) } ?? .null
        case .boolean(let path): .bool(settings[keyPath: path])
        case .level: .string(settings.logging.level.rawValue)
        case .format: .string(settings.logging.format.rawValue)
        case .name(let path, _): .string(settings[keyPath: path])
        case .origins(let path, _): .array(settings[keyPath: path].map { .string($0) })
        }
    }

    public var defaultValue: JSONValue { value(in: Settings()) }

    /// False, with `settings` untouched, where the value has the wrong type or is out of range.
    func assign(_ value: JSONValue, to settings: inout Settings) -> Bool {
        switch kind {
        case .integer(let path, let range):
            guard let number = Self.integer(value, within: range) else { return false }
            settings[keyPath: path] = number
        case .milliseconds(let path, let range):
            guard let number = Self.integer(value, within: range) else { return false }
            settings[keyPath: path] = .milliseconds(number)
        case .optionalMilliseconds(let path, let range):
            if value.isNull {
                settings[keyPath: path] = nil
                return true
            }
            guard let number = Self.integer(value, within: range) else { return false }
            settings[keyPath: path] = .milliseconds(number)
        case .boolean(let path):
            guard let flag = value.boolValue else { return false }
            settings[keyPath: path] = flag
        case .level:
            guard let level = value.stringValue.flatMap(LoggingSettings.Level.init) else {
                return false
            }
            settings.logging.level = level
        case .format:
            guard let format = value.stringValue.flatMap(LoggingSettings.Format.init) else {
                return false
            }
            settings.logging.format = format
        case .name(let path, let maximumBytes):
            guard let text = value.stringValue, (1...maximumBytes).contains(text.utf8.count),
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return false }
            settings[keyPath: path] = text
        case .origins(let path, let maximumCount):
            guard let origins = Self.origins(value, maximumCount) else { return false }
            settings[keyPath: path] = origins
        }
        return true
    }

    /// An environment variable's text as the JSON value it stands for; nil if it stands for none.
    func value(fromText text: String) -> JSONValue? {
        switch kind {
        case .integer, .milliseconds: Int64(text).map { .integer($0) }
        case .optionalMilliseconds: text == "null" ? .null : Int64(text).map { .integer($0) }
        case .boolean: text == "true" ? true : text == "false" ? false : nil
        case .level, .format, .name: .string(text)
        case .origins:
            .array(
                text.split(separator: ",").map { part in
                    .string(String(part.drop(while: { $0 == " " })))
                })
        }
    }

    private static func integer(_ value: JSONValue, within range: ClosedRange<Int>) -> Int? {
        guard let number = value.integerValue.flatMap({ Int(exactly: $0) }), range.contains(number)
        else { return nil }
        return number
    }

    private static func origins(_ value: JSONValue, _ maximumCount: Int) -> [String]? {
        guard let elements = value.arrayValue, elements.count <= maximumCount else { return nil }
        var origins: [String] = []
        for element in elements {
            guard let text = element.stringValue, let origin = Origin(text) else { return nil }
            origins.append(origin.description)
        }
        return origins
    }
}
