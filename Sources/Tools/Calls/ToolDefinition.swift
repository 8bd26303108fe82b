import JSON

/// A tool as a model is told of it (`tools` of a Messages request).
public struct ToolDefinition: Sendable, Equatable {
    public let name: String
    /// What it does, when to use it, and its limits; written for the model.
    public let description: String
    /// JSON Schema of the input.
    public let inputSchema: JSONValue

    /// `{"name": …, "description": …, "input_schema": {…}}`.
    public var json: JSONValue {
        [
            "name": .string(name), "description": .string(description),
            "input_schema": inputSchema,
        ]
    }

    /// Every tool, always in the same order and with the same bytes: a prefix that can be cached.
    public static let all = Tool.allCases.map(\.definition)
}

extension Tool {
    /// What a model is told of this tool.
    public var definition: ToolDefinition {
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        return ToolDefinition(
            name: rawValue, description: instructions,
            inputSchema: [
                "type": "object",
                "properties": .object(JSONObject(properties.map { ($0.name, $0.schema) })),
                "required": .array(required),
                "additionalProperties": false,
            ])
    }

    /// The names of the input's fields.
    var fields: [String] { properties.map(\.name) }
}

/// One field of a tool's input.
struct ToolProperty {
    let name: String
    let schema: JSONValue
    var isRequired = false

    static func required(_ name: String, _ type: JSONValue, _ description: String) -> ToolProperty {
        ToolProperty(
            name: name, schema: ["type": type, "description": .string(description)],
            isRequired: true)
    }

    static func optional(_ name: String, _ type: JSONValue, _ description: String) -> ToolProperty {
        ToolProperty(name: name, schema: ["type": type, "description": .string(description)])
    }

    static func choice(_ name: String, _ words: [String], _ description: String) -> ToolProperty {
        ToolProperty(
            name: name,
            schema: [
                "type": "string", "enum": .array(words.map { .string($0) }),
                "description": .string(description),
            ])
    }

    static func list(
        _ name: String, of parts: [ToolProperty], _ description: String
    ) -> ToolProperty {
        ToolProperty(
            name: name,
            schema: [
                "type": "array", "description": .string(description),
                "items": [
                    "type": "object",
                    "properties": .object(JSONObject(parts.map { ($0.name, $0.schema) })),
                    "required": .array(
                        parts.filter(\.isRequired).map { .string($0.name) }),
                    "additionalProperties": false,
                ],
            ], isRequired: true)
    }
}
