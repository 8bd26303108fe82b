import JSON

/// The fields of a question for permission, wherever it is shown.
enum QuestionSchema {
    static let required: JSONObject = [
        "requestId": Schema.identifier, "toolName": Schema.string,
        "command": Schema.nullable(Schema.string), "description": Schema.nullable(Schema.string),
        "expiresAt": Schema.nullable(Schema.time),
    ]

    /// The call that waits; BLAKE2b-256 of its name and exact input: what an answer is bound to; and
    /// what `alwaysAllow` would remember, in words, which is nothing where it is missing.
    static let optional: JSONObject = [
        "toolUseId": Schema.identifier, "inputDigest": Schema.string,
        "remembers": Schema.string,
    ]
}
