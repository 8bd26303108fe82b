import JSON
import Protocol
import Realtime
import Store

/// Knows again what a session was doing: folds its latest publications from the store.
///
/// After a restart of the hub, or when the session has left the memory. Text and tools that began
/// before the publications read here are missing from a snapshot until they end; nothing else is.
enum SessionReplay {
    /// Costs up to ``SessionLimits/maximumReplayed`` parsed publications, of
    /// ``SessionLimits/maximumReplayedBytes``, for a session that is
    /// running, and nothing for one that is at rest.
    static func state(of row: SessionRow, _ store: StoreTransaction) throws -> SessionLiveState {
        let events = row.phase == .running ? try events(of: row.id, store) : []
        var state = SessionLiveState(phase: row.phase, usage: row.usage, replaying: events)
        if row.pendingPermissions > 0 {
            for permission in try store.pendingPermissions(of: nil, in: row.id).rows {
                state.apply(.permissionRequested(permission.key.request))
            }
        }
        return state
    }

    private static func events(
        of session: SessionID, _ store: StoreTransaction
    ) throws -> [SessionEvent] {
        guard let channel = try store.channel(.session(session)) else { return [] }
        let publications = try store.latestPublications(
            in: channel.number, maximumBytes: SessionLimits.maximumReplayedBytes,
            maximumCount: SessionLimits.maximumReplayed)
        return publications.compactMap { event(in: $0.text) }
    }

    /// Nil for what doesn't change text or tools.
    private static func event(in text: [UInt8]) -> SessionEvent? {
        do {
            let fields = try JSONValue(parsing: text).objectValue ?? [:]
            guard
                let type = fields["type"]?.stringValue.flatMap({ SessionEventType(rawValue: $0) }),
                type.isPublishable
            else { return nil }
            return try SessionEventFields(type, fields).event
        } catch {
            // Written by an older version with other limits: the preview lacks it, the history not.
            return nil
        }
    }
}
