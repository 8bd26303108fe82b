import JSON
import Protocol

/// The messages of the WebSocket (CONTRACT §2), which REST's history shows too.
enum EventSchemas {
    static let all: [(SchemaName, JSONValue)] = [
        (.command, ["oneOf": .array(commands)]),
        (
            .envelope,
            [
                "oneOf": .array(
                    [.domainEvent, .sessionEvent, .sessionListEvent].map(Schema.reference))
            ]
        ),
        (.controlMessage, ["oneOf": .array(control)]),
        (.domainEvent, publication(type: domainType, ["payload": Schema.anything])),
        (.sessionEvent, ["oneOf": .array(session)]),
        (
            .sessionListEvent,
            publication(
                type: Schema.words(SessionListEventType.allCases.map(\.rawValue)),
                ["session": Schema.reference(.session)])
        ),
        (.snapshot, snapshot),
    ]

    static let domainType: JSONValue = [
        "anyOf": [
            Schema.words(DomainEventType.allCases.map(\.rawValue)),
            ["type": "string", "pattern": "^x_[a-z0-9_]{1,60}$"],
        ]
    ]

    /// The fields that every message of the server has.
    private static let envelope: JSONObject = [
        "timestamp": Schema.time, "eventId": Schema.identifier, "encoding": Schema.constant("json"),
    ]

    /// A message of a channel's history.
    private static func publication(
        type: JSONValue, _ required: JSONObject, optional: JSONObject = [:]
    ) -> JSONValue {
        let head: JSONObject = ["type": type, "channel": Schema.channel]
        return Schema.object(
            head.adding(envelope).adding("offset", Schema.count()).adding(required),
            optional: optional)
    }

    /// Those flat fields of a session event that are, or are not, required.
    static func fields(of shape: SessionEventShape, required: Bool) -> JSONObject {
        JSONObject(
            shape.fields.filter { $0.isRequired == required }.map { ($0.name, $0.kind.schema) })
    }

    private static let session: [JSONValue] =
        SessionEventShape.all.map { shape in
            publication(
                type: Schema.constant(shape.type.rawValue),
                fields(of: shape, required: true).adding("sessionId", Schema.identifier),
                optional: fields(of: shape, required: false))
        } + hubOnly

    private static let modes = Schema.words(["safe", "ask", "allow-all"])

    /// The session events that only the hub tells.
    private static let hubOnly: [JSONValue] = [
        ofHub(
            .userMessage,
            [
                "messageId": Schema.identifier, "text": Schema.string,
                "status": Schema.words(["accepted", "queued", "processing"]),
            ], optional: ["clientMessageId": Schema.identifier]),
        ofHub(
            .permissionRequest,
            [
                "request": Schema.object(
                    QuestionSchema.required, optional: QuestionSchema.optional)
            ]),
        ofHub(
            .permissionResolved,
            [
                "requestId": Schema.identifier, "allowed": Schema.boolean,
                "alwaysAllow": Schema.boolean, "resolvedBy": Schema.string,
            ]),
        ofHub(.permissionTimeout, ["requestId": Schema.identifier]),
        ofHub(
            .modeChanged,
            [
                "mode": modes, "previousMode": modes, "modeVersion": Schema.count(),
                "changedBy": Schema.string,
            ]),
    ]

    private static func ofHub(
        _ type: SessionEventType, _ required: JSONObject, optional: JSONObject = [:]
    ) -> JSONValue {
        publication(
            type: Schema.constant(type.rawValue),
            required.adding("sessionId", Schema.identifier), optional: optional)
    }

    private static let snapshot = Schema.object(
        [
            "status": Schema.string, "mode": modes, "modeVersion": Schema.count(),
            "textInFlight": Schema.anything, "runningTools": Schema.array(Schema.anyObject),
            "pendingPermissions": Schema.array(Schema.anyObject),
            "queuedMessages": Schema.array(Schema.anything),
        ], optional: ["omitted": Schema.anyObject])
}

// MARK: - Commands and replies

extension EventSchemas {
    private static let position = Schema.object([
        "epoch": Schema.identifier, "offset": Schema.count(),
    ])

    /// What a client sends.
    private static let commands: [JSONValue] = [
        command("subscribe", target, optional: ["since": position]),
        command("unsubscribe", target),
        command("ping", [:]),
        command(
            "permission_response", [:],
            required: [
                "sessionId": Schema.identifier, "requestId": Schema.identifier,
                "allowed": Schema.boolean,
            ], optional: ["alwaysAllow": Schema.boolean]),
    ]

    /// A channel, or the session whose channel is meant.
    private static let target: JSONObject = [
        "oneOf": [["required": ["channel"]], ["required": ["sessionId"]]]
    ]

    private static func command(
        _ type: String, _ rules: JSONObject, required: JSONObject = [:], optional: JSONObject = [:]
    ) -> JSONValue {
        var members = optional.adding(
            "id", Schema.text(1...Limits.maximumCommandIDCharacters))
        if !rules.isEmpty {
            members["channel"] = Schema.channel
            members["sessionId"] = Schema.identifier
        }
        let head: JSONObject = ["type": Schema.constant(type)]
        let object = Schema.object(head.adding(required), optional: members)
        return .object((object.objectValue ?? [:]).adding(rules))
    }

    /// What the server itself says.
    private static let control: [JSONValue] = [
        message(
            .connected,
            ["connectionId": Schema.identifier, "heartbeatIntervalMs": Schema.count()]),
        message(
            .subscribed,
            [
                "channel": Schema.channel,
                "payload": Schema.object(
                    [
                        "channel": Schema.channel, "epoch": Schema.identifier,
                        "offset": Schema.count(), "recovered": Schema.boolean,
                    ], optional: ["snapshot": Schema.reference(.snapshot)]),
            ], optional: ["id": Schema.string]),
        message(
            .unsubscribed,
            [
                "channel": Schema.channel,
                "payload": Schema.object(["channel": Schema.channel, "removed": Schema.boolean]),
            ], optional: ["id": Schema.string]),
        message(
            .pong, ["payload": Schema.object(["ok": ["type": "boolean", "const": true]])],
            optional: ["id": Schema.string]),
        message(
            .error,
            [
                "payload": Schema.object([
                    "code": Schema.words(ErrorCode.onOpenConnection.map(\.rawValue)),
                    "message": Schema.string,
                ])
            ], optional: ["id": Schema.string, "channel": Schema.string]),
        message(
            .draining,
            ["payload": Schema.object(["reconnectInMs": Schema.count()])]),
        message(
            .configChanged,
            ["changeType": Schema.words(WatchedFile.allCases.map(\.rawValue))]),
    ]

    private static func message(
        _ type: ControlType, _ required: JSONObject, optional: JSONObject = [:]
    ) -> JSONValue {
        let head: JSONObject = ["type": Schema.constant(type.rawValue)]
        return Schema.object(head.adding(envelope).adding(required), optional: optional)
    }
}

extension SessionEventShape.Kind {
    /// The same as ``SessionEventShape/read(_:)`` checks, in JSON Schema.
    fileprivate var schema: JSONValue {
        switch self {
        case .text: Schema.string
        case .identifier: Schema.identifier
        case .boolean: Schema.boolean
        case .count: Schema.count(0...(1 << 53))
        case .object: Schema.anyObject
        case .array: Schema.array(Schema.anything)
        case .word(let words): Schema.words(words)
        }
    }
}
