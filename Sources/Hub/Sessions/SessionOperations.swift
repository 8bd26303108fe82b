import Daemon
import JSON
import Protocol
import Realtime
import Store

/// `sessions.*`: make, show, change, stop and remove sessions.
struct SessionOperations {
    let directory: SessionDirectory
    let publisher: SessionPublisher
    let permissions: PermissionDesk
    let runs: RunDesk
    let settings: () -> HubSettings
    let metrics: HubMetrics

    func register(in operations: OperationRegistry) {
        operations.onRead(.listSessions, list)
        operations.on(.createSession, create)
        operations.on(.getSession) { call in try call.session(directory).row.json }
        operations.on(.updateSession, update)
        operations.on(.deleteSession, delete)
        operations.on(.abortSession, abort)
    }

    private func list(_ call: OperationCall) throws -> HeavyRead {
        let (team, page) = (try call.visibleTeam(), try call.page())
        let filter = try call.read { reader in
            SessionFilter(
                teamID: team, status: reader.choice("status"),
                nameContains: reader.string("q", bytes: 0...256))
        }
        return HeavyRead(for: team) { store in
            let batch = try store.sessions(
                filter, after: page.afterMoment(), limit: page.limit,
                maximumLookedAt: SessionLimits.maximumLookedAt)
            return page.answer(
                RowBatch(rows: batch.rows, hasMore: batch.next != nil),
                end: batch.next.map { ListPage.position($0.createdAt, $0.id) },
                position: { ListPage.position($0.createdAt, $0.id) },
                text: { $0.json.encoded() })
        }
    }

    private func create(_ call: OperationCall) throws -> JSONValue {
        let team = try call.team()
        guard try call.store.sessionCount(of: team) < settings().maximumSessionsPerTeam else {
            metrics.reached(limit: "hub.maximumSessionsPerTeam")
            throw OperationError(
                .limitReached,
                "the team has \(settings().maximumSessionsPerTeam) sessions already; delete some")
        }
        try directory.checkRoom(of: team, call.iteration)
        let changes = try call.read(SessionChanges.init)
        var row = SessionRow(
            id: Fresh.identifier("ses"), teamID: team, mode: .ask, createdAt: call.iteration.now)
        if case .set(let id) = changes.workspaceID {
            let workspace = try self.workspace(id, of: team, call)
            row.mode = workspace.mode ?? row.mode
            row.agent = workspace.agent
            row.model = workspace.model
            row.workingDirectory = workspace.path
        }
        changes.apply(to: &row)
        try directory.insert(row, call.iteration)
        return row.json
    }

    private func update(_ call: OperationCall) throws -> JSONValue {
        let before = try call.session(directory).row
        let changes = try call.read(SessionChanges.init)
        if case .set(let id) = changes.workspaceID {
            _ = try workspace(id, of: before.teamID, call)
        }
        if let mode = changes.mode, mode != before.mode {
            let body: JSONObject = [
                "mode": .string(mode.rawValue), "previousMode": .string(before.mode.rawValue),
                "modeVersion": .integer(before.modeVersion + 1),
                "changedBy": .string(call.caller.actor),
            ]
            try publisher.publish(
                .modeChanged, in: before.id, body, folding: nil, call.iteration
            ) { row in
                changes.apply(to: &row)
                row.modeVersion += 1
            }
            runs.leases.tell(
                before.id, .modeChanged(before.id, mode, version: before.modeVersion + 1),
                call.iteration)
        } else {
            try directory.change(before.id, call.iteration) { changes.apply(to: &$0) }
        }
        return try call.session(directory).row.json
    }

    private func delete(_ call: OperationCall) throws -> JSONValue {
        let row = try call.session(directory).row
        try publisher.flush(row.id, call.iteration)
        try runs.deleted(row.id, call.iteration)
        try permissions.withdrawAll(of: row.id, .sessionDeleted, call.iteration)
        try directory.delete(try call.session(directory).row, call.iteration)
        return ["deleted": true]
    }

    /// Says the truth: nothing is aborted where nothing runs.
    ///
    /// A worker ends its run itself, soon; the run of an agent outside ends here and now, and what
    /// was queued is that agent's to read.
    private func abort(_ call: OperationCall) throws -> JSONValue {
        let row = try call.session(directory).row
        if try runs.abort(row.id, call.iteration) { return ["aborted": true] }
        guard row.phase == .running || row.pendingPermissions > 0 else { return ["aborted": false] }
        try publisher.flush(row.id, call.iteration)
        try permissions.withdrawAll(of: row.id, .aborted, call.iteration)
        let queued = try call.store.queuedMessages(of: row.id)
        try publisher.publish(
            .interrupted, in: row.id,
            [
                "reason": "aborted", "queuedMessages": .array(queued.map(\.queuedJSON)),
            ], folding: .interrupted, call.iteration)
        try call.store.acceptQueuedMessages(of: row.id)
        return ["aborted": true]
    }

    private func workspace(
        _ id: WorkspaceID, of team: TeamID, _ call: OperationCall
    ) throws -> WorkspaceRow {
        guard let workspace = try call.store.workspace(id), workspace.teamID == team else {
            throw ValidationError(path: "workspaceId", "the id of a workspace of the team")
        }
        return workspace
    }
}

/// The fields of a session that its users set, as POST and PATCH bring them.
struct SessionChanges {
    let name: Change<String>
    let mode: SessionMode?
    let agent: Change<String>
    let model: Change<String>
    let workspaceID: Change<WorkspaceID>
    let workingDirectory: Change<String>
    let permissionTimeout: Change<Int64>

    init(_ reader: FieldReader) {
        name = reader.change("name") { $0.string("name") }
        mode = reader.choice("mode")
        agent = reader.change("agent") { $0.string("agent") }
        model = reader.change("model") { $0.string("model") }
        workspaceID = reader.change("workspaceId") { $0.identifier("workspaceId") }
        workingDirectory = reader.change("workingDirectory") {
            $0.string("workingDirectory", bytes: 1...4_096)
        }
        permissionTimeout = reader.change("permissionTimeoutMs") {
            $0.integer("permissionTimeoutMs", in: SessionLimits.permissionTimeoutMilliseconds)
        }
    }

    func apply(to row: inout SessionRow) {
        name.apply(to: &row.name)
        if let mode { row.mode = mode }
        agent.apply(to: &row.agent)
        model.apply(to: &row.model)
        workspaceID.apply(to: &row.workspaceID)
        workingDirectory.apply(to: &row.workingDirectory)
        switch permissionTimeout {
        case .keep: break
        case .clear: row.permissionTimeout = .never
        case .set(let milliseconds): row.permissionTimeout = .after(milliseconds: milliseconds)
        }
    }
}

extension Change {
    /// Keeps, clears or sets an optional value.
    func apply(to value: inout Value?) {
        switch self {
        case .keep: break
        case .clear: value = nil
        case .set(let new): value = new
        }
    }
}
