import Daemon
import JSON
import Protocol
import Realtime
import Store

/// The sessions that are in use: their rows and live states, a copy of what the store knows.
///
/// Every change of a session goes through here, so that the copy, the store and what the team's
/// channel says never differ. What is not in memory is read when it is needed: the row from its
/// table, the live state by folding the latest publications again.
package final class SessionDirectory {
    /// A session as it is now.
    struct Entry: Equatable {
        var row: SessionRow
        var state: SessionLiveState
    }

    private let channels: Channels
    private let settings: () -> HubSettings
    private let metrics: HubMetrics
    /// Sessions with a run, for `/metrics`.
    private let running: Gauge
    /// Of ``entries``.
    private let inMemory: Gauge
    private var entries: [SessionID: Entry] = [:]
    /// Looked at since the last ``evict()``.
    private var used: Set<SessionID> = []

    /// - Parameter runningSessions: how many the store knows.
    init(
        channels: Channels, settings: @escaping () -> HubSettings, metrics: HubMetrics,
        runningSessions: Int
    ) {
        self.channels = channels
        self.settings = settings
        self.metrics = metrics
        running = metrics.registry.gauge(.hubRunningSessions)
        running.set(Int64(runningSessions))
        inMemory = metrics.registry.gauge(.hubSessions)
    }

    /// A session, or nil where there is none.
    func entry(_ id: SessionID, _ iteration: Iteration) throws -> Entry? {
        used.insert(id)
        if let entry = entries[id] { return entry }
        guard let row = try iteration.store.session(id) else { return nil }
        let entry = Entry(row: row, state: try SessionReplay.state(of: row, iteration.store))
        set(id, entry, iteration)
        return entry
    }

    /// Takes in a session that has just been made.
    func insert(_ row: SessionRow, _ iteration: Iteration) throws {
        try iteration.store.insert(row)
        set(row.id, Entry(row: row, state: SessionLiveState()), iteration)
        try tell(.created, row, iteration)
    }

    /// Folds an event that was published, and changes the row with it.
    ///
    /// Tells the team when something changed that a list of sessions shows at once. Nothing happens
    /// to a session that is gone.
    func change(
        _ id: SessionID, folding event: SessionEvent? = nil, _ iteration: Iteration,
        _ edit: (inout SessionRow) -> Void = { _ in }
    ) throws {
        guard let before = try entry(id, iteration) else { return }
        var after = before
        if let event { after.state.apply(event) }
        edit(&after.row)
        after.row.phase = after.state.phase
        after.row.pendingPermissions = Int64(after.state.pendingPermissions.count)
        after.row.usage = after.state.usage
        if after.row != before.row {
            after.row.updatedAt = iteration.now
            try iteration.store.update(after.row)
        }
        set(id, after, iteration)
        count(from: before.row.phase, to: after.row.phase, iteration)
        if after.row.listed != before.row.listed { try tell(.updated, after.row, iteration) }
    }

    /// Removes a session with everything that belongs to it, and its channel.
    func delete(_ row: SessionRow, _ iteration: Iteration) throws {
        try tell(.deleted, row, iteration)
        try iteration.store.deleteSession(row.id)
        set(row.id, nil, iteration)
        count(from: row.phase, to: .idle, iteration)
        try channels.withdraw(.session(row.id), iteration)
    }

    /// Forgets what is at rest and was not looked at since this was called last: a session that
    /// nobody uses costs no memory.
    func evict() {
        entries = entries.filter { id, entry in
            used.contains(id) || entry.state.status == .running || entry.state.status == .waiting
        }
        used = []
        inMemory.set(Int64(entries.count))
    }

    /// A message was written: what is too old to be kept with it goes.
    func boundMessages(of id: SessionID, _ iteration: Iteration) throws {
        let bounds = MessageBounds(bytes: Int64(settings().maximumSessionBytes))
        guard try iteration.store.bound(messagesOf: id, to: bounds) else { return }
        metrics.reached(limit: "hub.maximumSessionBytes")
    }

    /// Refuses what would make a team's sessions larger where they are as large as they may be.
    func checkRoom(of team: TeamID, _ iteration: Iteration) throws {
        let limit = settings().maximumTeamBytes
        guard try iteration.store.keptBytes(of: team) >= limit else { return }
        metrics.reached(limit: "hub.maximumTeamBytes")
        throw OperationError(
            .limitReached,
            "the team's sessions keep \(limit) bytes, which is the limit (hub.maximumTeamBytes);"
                + " delete some of them")
    }

    /// A session changed in a way that no event of its own tells.
    func tellChanged(_ id: SessionID, _ iteration: Iteration) throws {
        if let row = try entry(id, iteration)?.row { try tell(.updated, row, iteration) }
    }

    /// A workspace was deleted, and the store has cleared it from its sessions.
    func forget(_ workspace: WorkspaceID) {
        entries = entries.filter { $0.value.row.workspaceID != workspace }
    }

    private func set(_ id: SessionID, _ entry: Entry?, _ iteration: Iteration) {
        if entries.count >= SessionLimits.maximumLiveSessions { entries.removeAll() }
        let before = entries[id]
        entries[id] = entry
        inMemory.set(Int64(entries.count))
        iteration.onRollback { [self] in entries[id] = before }
    }

    private func count(
        from before: SessionStatus, to after: SessionStatus, _ iteration: Iteration
    ) {
        let change = (after == .running ? 1 : 0) - (before == .running ? 1 : 0)
        guard change != 0 else { return }
        running.add(change)
        iteration.onRollback { [running] in running.add(-change) }
    }

    private func tell(
        _ type: SessionListEventType, _ row: SessionRow, _ iteration: Iteration
    ) throws {
        let channel = try channels.open(.team(row.teamID), iteration)
        let eventID = Fresh.eventID()
        let text = EventText.open(
            type: type.rawValue, channel: channel.name, at: iteration.now, eventID: eventID,
            body: ["session": row.json])
        try channels.publish(text, eventID: eventID, on: channel, iteration)
    }
}

extension SessionRow {
    /// What a list of sessions shows of one and may not be late with.
    fileprivate var listed: [String?] {
        [
            name, status.rawValue, mode.rawValue, agent, model, workspaceID?.text, workingDirectory,
            String(pendingPermissions), "\(permissionTimeout)",
        ]
    }
}
