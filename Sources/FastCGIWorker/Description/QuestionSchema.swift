import JSON

/// The fields of a question for permission, wherever it is shown.
enum QuestionSchema {
    static let required: JSONObject = [
        "requestId": Schema.identifier, "toolName": Schema.string,
        "command": Schema.nullable(Schema.string), "description": Schema.nullable(Schema.string),
        "expiresAt": Schema.nullable(Schema.time),
    ]

    /// The call that waits, and BLAKE2b-256 of its name and exact input: what an answer is bound to.
    static let optional: JSONObject = [
        "toolUseId": Schema.identifier, "inputDigest": Schema.string,
    ]
}
