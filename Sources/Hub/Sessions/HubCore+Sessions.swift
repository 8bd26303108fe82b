import Daemon
import Protocol
import Realtime
import Store
import System

/// What the store knows of sessions when a hub begins.
struct SessionsOnRecord {
    /// Every open question for permission.
    let pending: [PermissionRow]
    /// How many sessions have a run.
    let running: Int
    /// Every lease that has not ended.
    let leases: [LeaseRow]
    /// When the last hub was seen alive last; nil if nobody knows.
    let lastAlive: Timestamp?
    /// Sessions with messages that no run has taken.
    let waiting: [(id: SessionID, team: TeamID)]
}

/// Puts the sessions' half of the hub together.
extension HubCore {
    func setUpSessions(_ known: SessionsOnRecord) {
        let settings: () -> HubSettings = { [unowned self] in self.settings.hub }
        let directory = SessionDirectory(
            channels: channels, settings: settings, metrics: metrics,
            runningSessions: known.running)
        let publisher = SessionPublisher(
            channels: channels, directory: directory, alarms: alarms, metrics: metrics
        ) { settings().deltaBatch }
        let leases = Leases(
            open: known.leases, lastAlive: known.lastAlive, alarms: alarms, settings: settings,
            metrics: metrics)
        let desk = PermissionDesk(
            directory: directory, publisher: publisher, leases: leases, alarms: alarms,
            settings: settings, metrics: metrics, pending: known.pending)
        let runs = RunDesk(
            directory: directory, publisher: publisher, permissions: desk, leases: leases,
            channels: channels, settings: settings, metrics: metrics, waiting: known.waiting)
        connect(directory, publisher, runs)
        connect(runs)
        SessionOperations(
            directory: directory, publisher: publisher, permissions: desk, runs: runs,
            settings: settings, metrics: metrics
        ).register(in: operations)
        MessageOperations(
            directory: directory, publisher: publisher, runs: runs, metrics: metrics
        ).register(in: operations)
        TranscriptOperation(leases: leases).register(in: operations)
        PermissionOperations(directory: directory, desk: desk, runs: runs)
            .register(in: operations)
        RuleOperations(directory: directory, leases: leases).register(in: operations)
        WorkspaceOperations(
            directory: directory, settings: settings, metrics: metrics,
            reserved: paths.reserved.map { RealPath($0) }
        ).register(in: operations)
    }

    private func connect(
        _ directory: SessionDirectory, _ publisher: SessionPublisher, _ runs: RunDesk
    ) {
        sessions.owner = { id, iteration in try directory.entry(id, iteration)?.row.teamID }
        sessions.runner = { id, iteration in try directory.entry(id, iteration)?.row.runner }
        sessions.snapshot = { id, iteration in
            try directory.entry(id, iteration).map {
                try SessionSnapshot.text(of: $0, iteration.store)
            }
        }
        sessions.flush = publisher.flush
        sessions.flushAll = publisher.flushAll
        sessions.evict = directory.evict
        sessions.publish = { request, iteration, completion in
            if request.run == nil {
                try runs.admit(request.caller, into: request.session, iteration)
            }
            try publisher.publish(request, iteration, completion)
        }
    }

    private func connect(_ desk: RunDesk) {
        runs.ready = desk.ready
        runs.left = desk.left
        runs.lapsed = desk.leases.due
        runs.endLapsed = desk.endLapsed
        runs.postpone = desk.leases.postpone
        runs.next = desk.next
        runs.grant = desk.grant
        runs.setAside = desk.setAside
        runs.unstored = desk.noteUnstored
        runs.report = { [unowned self] report, reply, iteration in
            try RunReports(runs: desk, publishing: publishing, metrics: metrics)
                .take(report, reply, iteration)
        }
    }
}
