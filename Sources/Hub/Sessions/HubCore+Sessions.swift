import Daemon
import Protocol
import Realtime
import Store

/// Puts the sessions' half of the hub together.
extension HubCore {
    /// - Parameters:
    ///   - pending: every open question for permission of the store.
    ///   - running: how many sessions have a run.
    func setUpSessions(pending: [PermissionRow], running: Int) {
        let directory = SessionDirectory(
            channels: channels, metrics: metrics, runningSessions: running)
        let settings: () -> HubSettings = { [unowned self] in self.settings.hub }
        let publisher = SessionPublisher(
            channels: channels, directory: directory, alarms: alarms, metrics: metrics
        ) { settings().deltaBatch }
        let desk = PermissionDesk(
            directory: directory, publisher: publisher, alarms: alarms, settings: settings,
            metrics: metrics, pending: pending)
        sessions.owner = { id, iteration in try directory.entry(id, iteration)?.row.teamID }
        sessions.snapshot = { id, iteration in
            try directory.entry(id, iteration).map {
                try SessionSnapshot.text(of: $0, iteration.store)
            }
        }
        sessions.flush = publisher.flush
        sessions.flushAll = publisher.flushAll
        sessions.publish = publisher.publish
        SessionOperations(
            directory: directory, publisher: publisher, permissions: desk, settings: settings,
            metrics: metrics
        ).register(in: operations)
        MessageOperations(directory: directory, publisher: publisher, metrics: metrics)
            .register(in: operations)
        PermissionOperations(directory: directory, desk: desk).register(in: operations)
        RuleOperations(directory: directory).register(in: operations)
        WorkspaceOperations(directory: directory, settings: settings, metrics: metrics)
            .register(in: operations)
    }
}
