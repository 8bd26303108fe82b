import JSON
import Realtime
import Store

/// What a subscriber to a session gets first (CONTRACT §2, Delivery 3).
enum SessionSnapshot {
    /// `{status, mode, modeVersion, textInFlight, runningTools, pendingPermissions,
    /// queuedMessages}` as JSON text, and `nestedTexts` of sub-agents where there are any.
    ///
    /// With the recovered page beside it, it fits an outbound queue, whatever the session holds: a
    /// list ends where its room does, and `omitted` says how many more REST has.
    static func text(
        of entry: SessionDirectory.Entry, _ store: StoreTransaction
    ) throws -> [UInt8] {
        let session = entry.row.id
        let permissions =
            entry.row.pendingPermissions > 0
            ? try store.pendingPermissions(
                of: nil, in: session, maximumBytes: SessionLimits.snapshotPermissionBytes
            ).rows : []
        var snapshot: JSONObject = [
            "status": .string(entry.state.status.rawValue),
            "mode": .string(entry.row.mode.rawValue),
            "modeVersion": .integer(entry.row.modeVersion),
            "textInFlight": .string(entry.state.textInFlight),
        ]
        var omitted: JSONObject = [:]
        func list(_ key: String, _ values: [JSONValue], of count: Int, maximumBytes: Int) {
            let shown = values.fitting(maximumBytes)
            snapshot[key] = .array(shown)
            if shown.count < count { omitted[key] = .integer(Int64(count - shown.count)) }
        }
        let tools = entry.state.runningTools
        list(
            "runningTools", tools.map(\.json), of: tools.count,
            maximumBytes: SessionLimits.snapshotToolBytes)
        list(
            "pendingPermissions", permissions.map { .object($0.request) },
            of: Int(clamping: entry.row.pendingPermissions),
            maximumBytes: SessionLimits.snapshotPermissionBytes)
        let queued = try store.queuedMessages(of: session).map(\.queuedJSON)
        list(
            "queuedMessages", queued, of: queued.count,
            maximumBytes: SessionLimits.snapshotQueueBytes)
        if !omitted.isEmpty { snapshot["omitted"] = .object(omitted) }
        let nested = entry.state.texts.filter { $0.stream.parent != nil }
        if !nested.isEmpty { snapshot["nestedTexts"] = .array(nested.map(\.json)) }
        return JSONValue.object(snapshot).encoded()
    }
}

extension [JSONValue] {
    /// The first ones whose texts have so many bytes together.
    fileprivate func fitting(_ maximumBytes: Int) -> [JSONValue] {
        var bytes = 0
        return Array(
            prefix { value in
                bytes += value.encoded().count
                return bytes <= maximumBytes
            })
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
