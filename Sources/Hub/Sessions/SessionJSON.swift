import JSON
import Protocol
import Realtime
import Store

/// The shapes of CONTRACT §4 for sessions and what belongs to them.
extension SessionRow {
    var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.text), "teamId": .string(teamID.text), "name": .init(name),
            "status": .string(status.rawValue), "mode": .string(mode.rawValue),
            "modeVersion": .integer(modeVersion), "agent": .init(agent), "model": .init(model),
            "workspaceId": .init(workspaceID?.text), "workingDirectory": .init(workingDirectory),
            "createdAt": .init(createdAt), "updatedAt": .init(updatedAt),
            "lastMessageAt": .init(lastMessageAt), "messageCount": .integer(messageCount),
            "usage": usage?.json ?? .null, "pendingPermissions": .integer(pendingPermissions),
        ]
        switch permissionTimeout {
        case .standard: break
        case .never: object["permissionTimeoutMs"] = .null
        case .after(let milliseconds): object["permissionTimeoutMs"] = .integer(milliseconds)
        }
        return .object(object)
    }
}

extension MessageRow {
    var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.text), "role": .string(role.rawValue), "text": .string(text),
        ]
        object.set("status", status?.rawValue)
        object.set("clientMessageId", clientMessageID?.text)
        object.set("toolName", toolName)
        object.set("toolUseId", toolUseID?.text)
        if let toolInput { object["toolInput"] = JSONValue(stored: toolInput) }
        object.set("result", result)
        if let isError { object["isError"] = .bool(isError) }
        object.set("turnId", turnID?.text)
        if let usage { object["usage"] = usage.json }
        object["createdAt"] = .init(createdAt)
        return .object(object)
    }

    /// The fields of `user_message`.
    var event: JSONObject {
        var body: JSONObject = ["messageId": .string(id.text), "text": .string(text)]
        body.set("status", status?.rawValue)
        body.set("clientMessageId", clientMessageID?.text)
        return body
    }

    /// As snapshots and `interrupted` show a message that waits.
    var queuedJSON: JSONValue {
        var object: JSONObject = ["messageId": .string(id.text)]
        object["text"] = .string(text.head(ofBytes: SessionLimits.maximumQueuedPreviewBytes))
        object.set("clientMessageId", clientMessageID?.text)
        object["createdAt"] = .init(createdAt)
        return .object(object)
    }
}

extension PermissionRow {
    var json: JSONValue {
        var object = request
        object["sessionId"] = .string(key.session.text)
        object["createdAt"] = .init(createdAt)
        return .object(object)
    }

    /// As `permission_request` shows it.
    var request: JSONObject {
        var object: JSONObject = [
            "requestId": .string(key.request.text), "toolName": .string(toolName),
            "command": .string(command), "description": .string(description),
            "expiresAt": .init(expiresAt),
        ]
        object.set("toolUseId", toolUseID?.text)
        object.set("inputDigest", inputDigest)
        object.set("remembers", rememberable?.description)
        return object
    }
}

extension RuleRow {
    var json: JSONValue {
        var object: JSONObject = ["id": .string(id.text), "toolName": .string(rule.toolName)]
        object["remembers"] = .string(rule.description)
        switch rule.scope {
        case .command(let words):
            object["command"] = .array(words.map { .string($0) })
        case .commandPrefix(let words):
            object["commandPrefix"] = .array(words.map { .string($0) })
        case .path(let path):
            object["path"] = .string(path)
        }
        object["createdBy"] = .string(createdBy)
        object["createdAt"] = .init(createdAt)
        return .object(object)
    }
}

extension WorkspaceRow {
    var json: JSONValue {
        [
            "id": .string(id.text), "teamId": .string(teamID.text), "name": .string(name),
            "path": .string(path), "mode": .init(mode?.rawValue), "agent": .init(agent),
            "model": .init(model), "allowsStartupFiles": .bool(allowsStartupFiles),
            "createdAt": .init(createdAt), "updatedAt": .init(updatedAt),
        ]
    }
}

extension TokenUsage {
    var json: JSONValue {
        var object: JSONObject = [
            "inputTokens": .integer(inputTokens), "outputTokens": .integer(outputTokens),
        ]
        let optional: [(String, Int64?)] = [
            ("cacheReadTokens", cacheReadTokens), ("cacheCreationTokens", cacheCreationTokens),
            ("contextTokens", contextTokens), ("contextWindow", contextWindow),
        ]
        for (key, value) in optional { if let value { object[key] = .integer(value) } }
        return .object(object)
    }
}

extension RunningTool {
    /// As `tool_start` shows it.
    var json: JSONValue {
        var object: JSONObject = [
            "toolName": .string(toolName), "toolUseId": .string(toolUseID.text),
            "toolInput": JSONValue(stored: toolInput),
        ]
        object.set("toolIntent", intent)
        object.set("toolDisplayName", displayName)
        object.set("turnId", stream.turn?.text)
        object.set("parentToolUseId", stream.parent?.text)
        return .object(object)
    }
}

extension JSONValue {
    /// Text or null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// ISO 8601 or null.
    init(_ time: Timestamp?) { self.init(time?.description) }

    /// JSON text of our own making; an empty object where it is none, so that one damaged row
    /// doesn't hide a whole list.
    init(stored text: String) {
        do {
            self = try JSONValue(parsing: Array(text.utf8))
        } catch {
            self = [:]
        }
    }
}

extension JSONObject {
    /// Sets a field unless there is nothing to set.
    mutating func set(_ key: String, _ text: String?) {
        if let text { self[key] = .string(text) }
    }
}

extension String {
    /// The beginning within so many bytes of UTF-8, with an ellipsis where something is left out.
    func head(ofBytes maximum: Int) -> String {
        guard utf8.count > maximum else { return self }
        var scalars = String.UnicodeScalarView()
        var bytes = 0
        for scalar in unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > maximum { break }
            scalars.append(scalar)
        }
        return String(scalars) + "…"
    }
}
