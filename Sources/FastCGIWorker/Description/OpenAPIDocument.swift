import JSON
import Protocol

/// The OpenAPI 3.1 document, made of the route table and the named schemas.
package enum OpenAPIDocument {
    package static func make(prefix: String = "") -> JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Switchboard", "version": "1.0.0",
                "description":
                    "Watch and steer AI agents: REST, and the messages of wss://HOST/ws.",
            ],
            "servers": [["url": .string(prefix.isEmpty ? "/" : prefix)]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": .object(securitySchemes),
                "responses": [
                    "Refused": [
                        "description": "Refused; the code says why.",
                        "headers": .object(requestIDHeader),
                        "content": json(.error),
                    ]
                ],
            ],
        ]
    }

    private static let securitySchemes: JSONObject = [
        "apiKey": ["type": "apiKey", "in": "header", "name": "x-api-key"],
        "bearer": ["type": "http", "scheme": "bearer"],
        "cookie": ["type": "apiKey", "in": "cookie", "name": .string(LoginCookie.name)],
    ]

    private static var schemas: JSONObject {
        JSONObject(
            (RequestSchemas.all + ResourceSchemas.all + EventSchemas.all)
                .map { ($0.0.rawValue, $0.1) })
    }

    private static let requestIDHeader: JSONObject = [
        "x-request-id": [
            "description": "The request's id, the client's own or a new one.",
            "schema": Schema.text(1...64),
        ]
    ]

    private static func json(_ name: SchemaName) -> JSONValue {
        ["application/json": ["schema": Schema.reference(name)]]
    }
}

// MARK: - Paths

extension OpenAPIDocument {
    private static var paths: JSONObject {
        var paths: JSONObject = [:]
        for route in RouteTable.all {
            var item = paths[route.template]?.objectValue ?? [:]
            item[route.method.rawValue.lowercased()] = operation(route)
            paths[route.template] = .object(item)
        }
        paths["/ws"] = ["get": webSocket]
        return paths
    }

    private static func operation(_ route: Route) -> JSONValue {
        var operation: JSONObject = [
            "operationId": .string(operationID(route)), "summary": .string(route.summary),
            "tags": [.string(tag(route))],
        ]
        if let note = scopeNote(route) { operation["description"] = .string(note) }
        let parameters = pathParameters(route) + route.query.map(parameter)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            let isRequired = !RequestSchemas.optionalBodies.contains(body)
            operation["requestBody"] = ["required": .bool(isRequired), "content": json(body)]
        }
        operation["responses"] = responses(route)
        operation["security"] = security(route)
        return .object(operation)
    }

    private static func responses(_ route: Route) -> JSONValue {
        var success: JSONObject = [
            "description": .string(route.summary), "headers": .object(requestIDHeader),
        ]
        if let schema = route.success.schema {
            success["content"] = json(schema)
        } else if route.target == .metrics {
            success["content"] = ["text/plain": ["schema": Schema.string]]
        }
        var responses: JSONObject = ["\(route.success.status)": .object(success)]
        for code in refusals(route) {
            responses["\(code)"] = ["$ref": "#/components/responses/Refused"]
        }
        return .object(responses)
    }

    /// The statuses with which a route may refuse.
    private static func refusals(_ route: Route) -> [Int] {
        // A header sent twice or a broken escape is a malformed request anywhere.
        var codes: [Int] = [400, 401]
        if route.access != .open { codes += [403] }
        if route.template.contains("{") { codes += [404] }
        if route.body != nil { codes += [413, 415] }
        if route.isWrite, route.template.contains("{") || route.body != nil { codes += [409] }
        if route.isWrite || route.access != .open { codes += [429] }
        if route.target != .health, route.target != .description { codes += [503] }
        // A channel that was never used is put on record when it is read.
        if route.isWrite || route.access == .reading { codes += [507] }
        return codes.sorted()
    }

    private static func security(_ route: Route) -> JSONValue {
        let schemes: JSONValue = [["apiKey": []], ["bearer": []], ["cookie": []]]
        return switch route.access {
        case .open: []
        case .loopbackOrAdminKey: [[:], ["apiKey": []], ["bearer": []]]
        case .authenticated, .scope, .installation, .publishing, .reading: schemes
        }
    }

    private static func scopeNote(_ route: Route) -> String? {
        switch route.access {
        case .open, .authenticated: nil
        case .scope(let scope): "Needs the scope `\(scope.rawValue)`: \(scope.summary)."
        case .installation:
            "Needs the scope `\(Scope.admin.rawValue)` of an admin of the installation."
        case .publishing:
            "Needs the scope `\(Scope.publish.rawValue)` for domain and application events, "
                + "`\(Scope.sessionsRun.rawValue)` for session events."
        case .reading:
            "Needs the scope `\(Scope.reading(.session).rawValue)` for a session's channel (or "
                + "`\(Scope.sessionsRun.rawValue)`, with the key that runs it), "
                + "`\(Scope.reading(.team).rawValue)` for the others."
        case .loopbackOrAdminKey:
            "Open on the machine itself; needs an API key with the scope "
                + "`\(Scope.admin.rawValue)` elsewhere."
        }
    }

    private static func pathParameters(_ route: Route) -> [JSONValue] {
        route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            [
                "name": .string(String(part.dropFirst().dropLast())), "in": "path",
                "required": true, "schema": Schema.string,
            ]
        }
    }

    private static func parameter(_ parameter: QueryParameter) -> JSONValue {
        let schema: JSONValue =
            switch parameter.kind {
            case .text: Schema.string
            case .integer(let range): Schema.count(range)
            case .word(let words): Schema.words(words)
            }
        return [
            "name": .string(parameter.name), "in": "query", "required": false,
            "description": .string(parameter.summary), "schema": schema,
        ]
    }

    /// `get_api_sessions_id_messages`.
    private static func operationID(_ route: Route) -> String {
        let words = route.template.split { !$0.isLetter && !$0.isNumber }
        return ([route.method.rawValue.lowercased()] + words.map(String.init))
            .joined(separator: "_")
    }

    /// The first word of the path behind `/api`.
    private static func tag(_ route: Route) -> String {
        let words = route.template.split(separator: "/")
        return words.first == "api" && words.count > 1 ? String(words[1]) : "status"
    }

    /// Not served by this worker; described so that clients can be made for it.
    private static let webSocket: JSONValue = [
        "operationId": "connect", "tags": ["websocket"],
        "summary": "Opens the WebSocket (subprotocol switchboard.v1 for tokens of browsers).",
        "responses": [
            "101": ["description": "JSON text frames in both directions."],
            "401": ["$ref": "#/components/responses/Refused"],
            "403": ["$ref": "#/components/responses/Refused"],
            "426": ["$ref": "#/components/responses/Refused"],
            "503": ["$ref": "#/components/responses/Refused"],
        ],
        "security": [["apiKey": []], ["bearer": []], ["cookie": []]],
        "x-messages": [
            "client": Schema.reference(.command),
            "server": [
                "oneOf": [Schema.reference(.controlMessage), Schema.reference(.envelope)]
            ],
        ],
    ]
}
