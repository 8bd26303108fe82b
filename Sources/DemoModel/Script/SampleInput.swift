import JSON

/// An input that a tool's JSON Schema allows, for tools that the script does not know.
enum SampleInput {
    /// Required properties only; schemas nest as deep as the parser let them.
    static func object(for schema: JSONValue?) -> JSONObject {
        var input = JSONObject()
        for name in schema?["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
            input[name] = value(for: schema?["properties"]?[name])
        }
        return input
    }

    private static func value(for schema: JSONValue?) -> JSONValue {
        if let first = schema?["enum"]?.arrayValue?.first { return first }
        return switch schema?["type"]?.stringValue {
        case "integer", "number": schema?["minimum"] ?? 1
        case "boolean": true
        case "array": []
        case "object": .object(object(for: schema))
        default: "demo"
        }
    }
}
