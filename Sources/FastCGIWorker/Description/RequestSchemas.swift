import JSON
import Protocol

/// What REST takes in a body.
enum RequestSchemas {
    static let all: [(SchemaName, JSONValue)] = [
        (
            .loginRequest,
            Schema.object(
                ["user": Schema.text(1...256), "password": Schema.text(1...1024)],
                optional: ["team": Schema.identifier])
        ),
        (
            .passwordRequest,
            Schema.object(["current": Schema.text(1...1024), "password": Schema.text(8...1024)])
        ),
        (
            .keyRequest,
            Schema.object(
                ["scopes": scopes],
                optional: [
                    "name": Schema.text(1...256), "expiresAt": Schema.nullable(Schema.time),
                ])
        ),
        (
            .userRequest,
            Schema.object(
                ["name": Schema.text(1...128), "password": Schema.text(8...1024)],
                optional: ["role": Schema.words(Role.allCases.map(\.rawValue))])
        ),
        (.sessionRequest, Schema.object([:], optional: session)),
        (.sessionChange, Schema.object([:], optional: session)),
        (
            .messageRequest,
            Schema.object(
                ["text": ["type": "string", "minLength": 1]],
                optional: ["clientMessageId": Schema.nullable(Schema.identifier)])
        ),
        (
            .permissionRequest,
            Schema.object(
                [
                    "toolName": Schema.string, "command": Schema.string,
                    "description": Schema.string,
                ],
                optional: [
                    "requestId": Schema.identifier, "timeoutMs": Schema.nullable(Schema.count()),
                    "toolUseId": Schema.identifier,
                ])
        ),
        (
            .permissionAnswer,
            Schema.object(
                ["allowed": Schema.boolean], optional: ["alwaysAllow": Schema.boolean])
        ),
        (
            .ownerRequest,
            Schema.object(
                [:],
                optional: [
                    "name": Schema.nullable(Schema.string),
                    "status": Schema.nullable(Schema.string),
                ])
        ),
        (
            .workspaceRequest,
            Schema.object(
                ["name": Schema.text(1...256), "path": Schema.string], optional: workspaceDefaults)
        ),
        (
            .workspaceChange,
            Schema.object(
                [:],
                optional: workspaceDefaults.adding([
                    "name": Schema.text(1...256), "path": Schema.string,
                ]))
        ),
        (.publishRequest, publishRequest),
        (.publishedEvent, publishedEvent),
    ]

    /// Bodies without a required member may be left out: nothing is changed by them then.
    static let optionalBodies = Set(
        all.filter { $0.1["properties"] != nil && $0.1["required"] == nil }.map(\.0))

    private static let scopes: JSONValue = [
        "type": "array", "items": Schema.words(Scope.allCases.map(\.rawValue)), "minItems": 1,
        "uniqueItems": true,
        "description": .string(
            Scope.allCases.map { "`\($0.rawValue)`: \($0.summary)." }.joined(separator: " ")),
    ]

    private static let mode = Schema.words(["safe", "ask", "allow-all"])

    private static let session: JSONObject = [
        "name": Schema.nullable(Schema.text(1...256)),
        "workspaceId": Schema.nullable(Schema.identifier), "mode": mode,
        "agent": Schema.nullable(Schema.string), "model": Schema.nullable(Schema.string),
        "workingDirectory": Schema.nullable(Schema.string),
        "permissionTimeoutMs": Schema.nullable(Schema.count()),
    ]

    /// What a session in the workspace begins with.
    private static let workspaceDefaults: JSONObject = [
        "mode": Schema.nullable(mode), "agent": Schema.nullable(Schema.string),
        "model": Schema.nullable(Schema.string), "allowsStartupFiles": Schema.boolean,
    ]

    private static let publishRequest: JSONValue = [
        "oneOf": [
            Schema.reference(.publishedEvent),
            Schema.object([
                "events": Schema.array(
                    Schema.reference(.publishedEvent), 1...Limits.maximumEventsPerPublish)
            ]),
        ]
    ]

    /// One event: domain and application types with a payload, session types with flat fields.
    private static let publishedEvent: JSONValue = {
        let common: JSONObject = ["eventId": Schema.identifier, "timestamp": Schema.time]
        let domain = Schema.object(
            ["channel": Schema.channel, "type": EventSchemas.domainType],
            optional: common.adding("payload", Schema.anything))
        let session = SessionEventShape.all.map { shape in
            Schema.object(
                ([
                    "channel": Schema.channel, "type": Schema.constant(shape.type.rawValue),
                ] as JSONObject).adding(EventSchemas.fields(of: shape, required: true)),
                optional: common.adding(EventSchemas.fields(of: shape, required: false)))
        }
        return ["oneOf": .array([domain] + session)]
    }()
}

extension JSONObject {
    func adding(_ other: JSONObject) -> JSONObject {
        var sum = self
        for (name, value) in other { sum[name] = value }
        return sum
    }

    func adding(_ name: String, _ value: JSONValue) -> JSONObject {
        var sum = self
        sum[name] = value
        return sum
    }
}
