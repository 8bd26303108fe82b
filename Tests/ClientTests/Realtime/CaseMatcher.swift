import JSON

/// Compares what was seen with what a case names; see `Tests/ClientCases/README.md`.
struct CaseMatcher {
    private var names: [String: String] = [:]

    /// Whether everything that `pattern` names is in `value`; binds ids that are met first.
    mutating func matches(_ pattern: JSONValue, _ value: JSONValue?) -> Bool {
        if pattern["$absent"] == true { return value == nil }
        guard let value else { return false }
        if let name = pattern["$id"]?.stringValue { return bind(name, value) }
        switch pattern {
        case .object(let fields):
            guard value.objectValue != nil else { return false }
            for (key, part) in fields where !matches(part, value[key]) { return false }
            return true
        case .array(let items):
            guard let values = value.arrayValue, values.count == items.count else { return false }
            for (item, value) in zip(items, values) where !matches(item, value) { return false }
            return true
        case .integer, .double: return pattern.doubleValue == value.doubleValue
        case .null, .bool, .string: return pattern == value
        }
    }

    /// A message with the ids that were bound put in.
    func filled(_ value: JSONValue) throws -> JSONValue {
        if let name = value["$id"]?.stringValue {
            guard let id = names[name] else { throw CaseMismatch("no id is called \(name)") }
            return .string(id)
        }
        switch value {
        case .object(let fields):
            return .object(JSONObject(try fields.map { ($0.key, try filled($0.value)) }))
        case .array(let items): return .array(try items.map(filled))
        case .null, .bool, .integer, .double, .string: return value
        }
    }

    private mutating func bind(_ name: String, _ value: JSONValue) -> Bool {
        guard let id = value.stringValue, (1...64).contains(id.count) else { return false }
        if let known = names[name] { return known == id }
        guard !names.values.contains(id) else { return false }
        names[name] = id
        return true
    }
}

struct CaseMismatch: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
