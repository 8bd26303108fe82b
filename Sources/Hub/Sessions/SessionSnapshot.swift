import JSON
import Realtime
import Store

/// What a subscriber to a session gets first (CONTRACT §2, Delivery 3).
enum SessionSnapshot {
    /// `{status, mode, modeVersion, textInFlight, runningTools, pendingPermissions,
    /// queuedMessages}` as JSON text, and `nestedTexts` of sub-agents where there are any.
    static func text(
        of entry: SessionDirectory.Entry, _ store: StoreTransaction
    ) throws -> [UInt8] {
        let session = entry.row.id
        let permissions =
            entry.row.pendingPermissions > 0
            ? try store.pendingPermissions(of: nil, in: session) : []
        var snapshot: JSONObject = [
            "status": .string(entry.state.status.rawValue),
            "mode": .string(entry.row.mode.rawValue),
            "modeVersion": .integer(entry.row.modeVersion),
            "textInFlight": .string(entry.state.textInFlight),
            "runningTools": .array(entry.state.runningTools.map(\.json)),
            "pendingPermissions": .array(permissions.map { .object($0.request) }),
            "queuedMessages": .array(try store.queuedMessages(of: session).map(\.queuedJSON)),
        ]
        let nested = entry.state.texts.filter { $0.stream.parent != nil }
        if !nested.isEmpty { snapshot["nestedTexts"] = .array(nested.map(\.json)) }
        return JSONValue.object(snapshot).encoded()
    }
}

extension SessionLiveState.TextInFlight {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["text": .string(text)]
        object.set("turnId", stream.turn?.text)
        object.set("parentToolUseId", stream.parent?.text)
        return .object(object)
    }
}
