import JSON
import Protocol

/// Short forms for JSON Schema (draft 2020-12), which OpenAPI 3.1 uses.
enum Schema {
    static let string: JSONValue = ["type": "string"]
    static let boolean: JSONValue = ["type": "boolean"]
    static let integer: JSONValue = ["type": "integer"]
    static let anyObject: JSONValue = ["type": "object"]
    static let anything: JSONValue = [:]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let identifier: JSONValue = ["type": "string", "minLength": 1, "maxLength": 128]
    static let channel: JSONValue = [
        "type": "string", "pattern": "^(team|spec|agent|session):[A-Za-z0-9._-]{1,128}$",
    ]

    static func text(_ lengths: ClosedRange<Int>) -> JSONValue {
        [
            "type": "string", "minLength": .integer(Int64(lengths.lowerBound)),
            "maxLength": .integer(Int64(lengths.upperBound)),
        ]
    }

    static func count(_ range: ClosedRange<Int64> = 0...Int64.max) -> JSONValue {
        var schema: JSONObject = ["type": "integer", "minimum": .integer(range.lowerBound)]
        if range.upperBound < .max { schema["maximum"] = .integer(range.upperBound) }
        return .object(schema)
    }

    static func words(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    static func constant(_ word: String) -> JSONValue {
        ["type": "string", "const": .string(word)]
    }

    static func array(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    static func array(_ items: JSONValue, _ counts: ClosedRange<Int>) -> JSONValue {
        [
            "type": "array", "items": items, "minItems": .integer(Int64(counts.lowerBound)),
            "maxItems": .integer(Int64(counts.upperBound)),
        ]
    }

    static func nullable(_ schema: JSONValue) -> JSONValue {
        ["anyOf": [schema, ["type": "null"]]]
    }

    static func reference(_ name: SchemaName) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name.rawValue)")]
    }

    /// An object; further members are allowed, because later versions add some.
    static func object(_ required: JSONObject, optional: JSONObject = [:]) -> JSONValue {
        var properties = required
        for (name, schema) in optional { properties[name] = schema }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required.keys.map { .string($0) }) }
        return .object(schema)
    }

    /// A page of a list.
    static func page(of name: SchemaName) -> JSONValue {
        object(["items": array(reference(name)), "nextCursor": nullable(string)])
    }
}
