import JSON
import Protocol

/// What REST answers: the shapes of CONTRACT §4.
enum ResourceSchemas {
    static let all: [(SchemaName, JSONValue)] = status + access + sessions + events + owners

    private static let modes = Schema.words(["safe", "ask", "allow-all"])
    private static let scopes = Schema.array(Schema.words(Scope.allCases.map(\.rawValue)))

    private static let status: [(SchemaName, JSONValue)] = [
        (.errorCode, Schema.words(ErrorCode.allCases.map(\.rawValue))),
        (
            .error,
            Schema.object([
                "error": Schema.object(
                    [
                        "code": Schema.reference(.errorCode), "message": Schema.string,
                        "requestId": Schema.text(1...64),
                    ], optional: ["details": Schema.anything])
            ])
        ),
        (.health, Schema.object(["status": Schema.constant("ok")])),
        (.readiness, Schema.object(["ready": Schema.boolean])),
        (.description, Schema.anyObject),
    ]

    private static let key: JSONObject = [
        "id": Schema.identifier, "name": Schema.nullable(Schema.string),
        "teamId": Schema.identifier, "scopes": scopes, "createdAt": Schema.time,
        "expiresAt": Schema.nullable(Schema.time), "lastUsedAt": Schema.nullable(Schema.time),
        "installationAdmin": Schema.boolean,
    ]

    private static let login: JSONObject = [
        "id": Schema.identifier, "device": Schema.nullable(Schema.string),
        "createdAt": Schema.time, "lastUsedAt": Schema.nullable(Schema.time),
        "expiresAt": Schema.time, "current": Schema.boolean,
    ]

    private static let access: [(SchemaName, JSONValue)] = [
        (
            .principal,
            Schema.object(
                [
                    "type": Schema.words(["api_key", "session_user"]),
                    "teamId": Schema.identifier, "scopes": scopes,
                ],
                optional: [
                    "keyId": Schema.identifier, "userId": Schema.identifier,
                    "role": Schema.words(Role.allCases.map(\.rawValue)),
                    "installationAdmin": Schema.boolean, "serverVersion": Schema.string,
                ])
        ),
        (.login, Schema.object(login)),
        (.loginList, Schema.object(["items": Schema.array(Schema.reference(.login))])),
        (.key, Schema.object(key)),
        (.newKey, newKey),
        (.keyList, Schema.page(of: .key)),
        (
            .user,
            Schema.object([
                "id": Schema.identifier, "name": Schema.string, "teamId": Schema.identifier,
                "role": Schema.words(Role.allCases.map(\.rawValue)), "createdAt": Schema.time,
                "installationAdmin": Schema.boolean,
            ])
        ),
        (.userList, Schema.page(of: .user)),
    ]

    private static let newKey: JSONValue = {
        var fields = key
        fields["key"] = Schema.string
        return Schema.object(fields)
    }()

    private static let sessions: [(SchemaName, JSONValue)] = [
        (
            .session,
            // Without its own time-out a session follows the configuration.
            Schema.object(
                [
                    "id": Schema.identifier, "teamId": Schema.identifier,
                    "name": Schema.nullable(Schema.string),
                    "status": Schema.words(["idle", "running", "waiting", "interrupted", "failed"]),
                    "mode": modes, "modeVersion": Schema.integer,
                    "agent": Schema.nullable(Schema.string),
                    "model": Schema.nullable(Schema.string),
                    "workspaceId": Schema.nullable(Schema.identifier),
                    "workingDirectory": Schema.nullable(Schema.string), "createdAt": Schema.time,
                    "updatedAt": Schema.time, "lastMessageAt": Schema.nullable(Schema.time),
                    "messageCount": Schema.count(), "usage": Schema.nullable(Schema.anyObject),
                    "pendingPermissions": Schema.count(),
                ], optional: ["permissionTimeoutMs": Schema.nullable(Schema.count())])
        ),
        (.sessionList, Schema.page(of: .session)),
        (
            .message,
            Schema.object(
                [
                    "id": Schema.identifier, "role": Schema.words(["user", "assistant", "tool"]),
                    "text": Schema.nullable(Schema.string), "createdAt": Schema.time,
                ],
                // A person's message has a status until a run has answered it, and then its cost.
                optional: [
                    "status": Schema.words(["accepted", "queued", "processing"]),
                    "clientMessageId": Schema.string, "usage": Schema.anyObject,
                    "toolName": Schema.nullable(Schema.string),
                    "toolUseId": Schema.nullable(Schema.string),
                    "toolInput": Schema.nullable(Schema.anyObject),
                    "result": Schema.nullable(Schema.string),
                    "isError": Schema.nullable(Schema.boolean),
                    "turnId": Schema.nullable(Schema.string),
                ])
        ),
        (.messageList, Schema.page(of: .message)),
        (
            .acceptedMessage,
            Schema.object([
                "messageId": Schema.identifier,
                "status": Schema.words(["accepted", "queued", "processing"]),
            ])
        ),
        (.aborted, Schema.object(["aborted": Schema.boolean])),
        (
            .permission,
            Schema.object(
                QuestionSchema.required.adding("sessionId", Schema.identifier)
                    .adding("createdAt", Schema.time),
                optional: QuestionSchema.optional)
        ),
        (.permissionList, Schema.page(of: .permission)),
        (
            .resolution,
            Schema.object(
                ["requestId": Schema.identifier, "allowed": Schema.boolean],
                optional: ["alwaysAllow": Schema.boolean, "resolvedBy": Schema.string])
        ),
        (
            .rule,
            Schema.object(
                [
                    "id": Schema.identifier, "toolName": Schema.string, "createdAt": Schema.time,
                    "createdBy": Schema.string, "remembers": Schema.string,
                ],
                optional: [
                    "command": Schema.nullable(Schema.array(Schema.string)),
                    "commandPrefix": Schema.nullable(Schema.array(Schema.string)),
                    "path": Schema.nullable(Schema.string),
                ])
        ),
        (.ruleList, Schema.page(of: .rule)),
    ]

    private static let events: [(SchemaName, JSONValue)] = [
        (
            .publishResult,
            Schema.object([
                "channel": Schema.channel, "epoch": Schema.identifier, "offset": Schema.count(),
                "eventId": Schema.identifier, "duplicate": Schema.boolean,
            ])
        ),
        (
            .publishResults,
            Schema.object(["results": Schema.array(Schema.reference(.publishResult))])
        ),
        (.history, Schema.page(of: .envelope)),
    ]

    private static let owners: [(SchemaName, JSONValue)] = [
        (
            .owner,
            Schema.object(
                ["id": Schema.identifier, "teamId": Schema.identifier],
                optional: [
                    "name": Schema.nullable(Schema.string),
                    "status": Schema.nullable(Schema.string),
                ])
        ),
        (.ownerList, Schema.page(of: .owner)),
        (
            .workspace,
            Schema.object(
                [
                    "id": Schema.identifier, "teamId": Schema.identifier,
                    "name": Schema.string, "path": Schema.string, "createdAt": Schema.time,
                    "updatedAt": Schema.time, "mode": Schema.nullable(modes),
                    "agent": Schema.nullable(Schema.string),
                    "model": Schema.nullable(Schema.string),
                    "allowsStartupFiles": Schema.boolean,
                ])
        ),
        (.workspaceList, Schema.page(of: .workspace)),
        (
            .configuration,
            [
                "type": "object", "description": "Groups of settings, as in config.json.",
                "additionalProperties": Schema.anything,
            ]
        ),
        (
            .theme,
            [
                "type": "object", "description": "The content of theme.json.",
                "additionalProperties": Schema.anything,
            ]
        ),
    ]
}
