import Daemon
import JSON
import Protocol
import Realtime
import Store

/// Gives sessions that have something to be answered to workers that have room, and takes them back.
///
/// A message goes message → queue → lease → assignment; a run ends by its worker's report
/// (``RunReports``), or here, truthfully, when there is no worker to end it. One turn of a session
/// runs at a time and answers one message; what was said meanwhile waits in order.
package final class RunDesk {
    let directory: SessionDirectory
    let publisher: SessionPublisher
    let permissions: PermissionDesk
    let leases: Leases
    let channels: Channels
    private let settings: () -> HubSettings
    private let metrics: HubMetrics
    private var queue = RunQueue()
    /// The first report of a run that found no room on the disk.
    private var unstored: [SessionLease: Int64] = [:]

    /// - Parameter waiting: sessions of the store with messages that no run has taken.
    init(
        directory: SessionDirectory, publisher: SessionPublisher, permissions: PermissionDesk,
        leases: Leases, channels: Channels, settings: @escaping () -> HubSettings,
        metrics: HubMetrics,
        waiting: [(id: SessionID, team: TeamID)]
    ) {
        self.directory = directory
        self.publisher = publisher
        self.permissions = permissions
        self.leases = leases
        self.channels = channels
        self.settings = settings
        self.metrics = metrics
        for session in leases.table.sessions {
            if let lease = leases.table[session] { queue.begin(session, of: lease.team) }
        }
        for (session, team) in waiting { queue.wait(session, of: team) }
        metrics.registry.gauge(.hubWaitingSessions).set(Int64(queue.waitingCount))
    }

    private var limits: RunQueue.Limits {
        RunQueue.Limits(
            maximumRuns: settings().maximumRuns, maximumRunsPerTeam: settings().maximumRunsPerTeam)
    }

    /// What a new message of a session is: accepted where it can be taken up at once, or where only
    /// an agent outside can take it up; else queued.
    func status(
        ofNextMessageIn row: SessionRow, _ iteration: Iteration
    ) throws -> UserMessageStatus {
        if row.phase == .running || row.status == .waiting || leases.table[row.id] != nil {
            return .queued
        }
        guard !row.isOutside, leases.table.hasWorkers else { return .accepted }
        let isNext = try iteration.store.waitingMessages(of: row.id, limit: 1).isEmpty
        let hasRoom =
            leases.table.room > queue.waitingCount && queue.admits(row.teamID, limits)
        return isNext && hasRoom ? .accepted : .queued
    }

    /// A session has a message that waits.
    func want(_ row: SessionRow, _ iteration: Iteration) {
        guard !row.isOutside else { return }
        change(iteration) { $0.wait(row.id, of: row.teamID) }
    }

    /// A waiting message was taken back: perhaps nothing waits any more.
    func messageRemoved(from session: SessionID, _ iteration: Iteration) throws {
        guard try iteration.store.waitingMessages(of: session, limit: 1).isEmpty else { return }
        change(iteration) { $0.withdraw(session) }
    }

    /// An agent outside acts in a session.
    ///
    /// The first to act owns a session: one that no worker has run belongs to agents outside from
    /// here on. While a worker runs it, nobody else writes into it.
    func admit(_ agent: Caller, into session: SessionID, _ iteration: Iteration) throws {
        guard leases.table[session] == nil else {
            throw OperationError(
                .conflict,
                "the session \(session) is being run by this server's own agent; abort its run, or"
                    + " use another session")
        }
        guard let row = try directory.entry(session, iteration)?.row else { return }
        if !row.isOutside {
            guard try iteration.store.lease(of: session) == nil else { return }
            try directory.change(session, iteration) { $0.isOutside = true }
            change(iteration) { $0.withdraw(session) }
        }
        guard case .principal(let principal) = agent, principal.subject == .apiKey,
            principal.credentialID != row.runner
        else { return }
        if let runner = row.runner, try iteration.store.key(runner) != nil { return }
        try directory.change(session, iteration) { $0.runner = principal.credentialID }
    }

    /// Whose turn it is, and who has room for it.
    func next() -> (session: SessionID, worker: PeerID)? {
        guard queue.waitingCount > 0, let worker = leases.table.roomiest,
            let session = queue.next(limits)
        else { return nil }
        return (session, worker)
    }

    /// Gives a session's oldest waiting message to a worker.
    func grant(_ session: SessionID, to worker: PeerID, _ iteration: Iteration) throws {
        let waiting = try iteration.store.waitingMessages(of: session)
        guard let row = try directory.entry(session, iteration)?.row, let message = waiting.first
        else { return change(iteration) { $0.withdraw(session) } }
        let isResumed = try iteration.store.transcriptSize(of: session).lastSequence > 0
        try iteration.store.append(TranscriptEntry(personsText: message.text), to: session)
        let lease = try leases.grant(row, to: worker, iteration)
        change(iteration) { $0.begin(session, of: row.teamID) }
        try tell(message, .processing, iteration)
        // Accepted while no worker was there; now it is seen to wait.
        for later in waiting.dropFirst() where later.status == .accepted {
            try tell(later, .queued, iteration)
        }
        let assignment = try RunAssignment(
            lease, of: row, answering: message, isResumed: isResumed,
            permissionTimeout: permissions.wait(of: row), iteration.store)
        iteration.send(.agent(.run(assignment)), to: worker)
    }

    /// Granting failed, which the log tells: the session waits for its next message.
    func setAside(_ session: SessionID) { queue.withdraw(session) }

    func noteUnstored(_ report: RunReport) {
        unstored[report.lease] = min(report.number, unstored[report.lease] ?? .max)
    }

    /// Refuses what follows a report that was not stored, until that is said again: a number that was
    /// passed over would count as stored.
    func checkOrder(of report: RunReport) throws(OperationError) {
        guard let first = unstored[report.lease] else { return }
        guard report.number <= first else {
            throw OperationError(
                .serviceUnavailable,
                "report \(first) of the run was not stored; send that again before"
                    + " \(report.number)")
        }
        if report.number == first { unstored[report.lease] = nil }
    }

    /// The run is over for the queue; the session's next message waits at the end of the line.
    func release(
        _ session: SessionID, of team: TeamID, _ outcome: String, _ iteration: Iteration
    ) throws {
        let hasMore = try !iteration.store.waitingMessages(of: session, limit: 1).isEmpty
        unstored = unstored.filter { $0.key.session != session }
        change(iteration) { queue in
            queue.end(session)
            if hasMore { queue.wait(session, of: team) }
        }
        let counter = metrics.registry.counter(.hubRuns, outcome)
        counter.add()
    }

    /// The session is gone.
    func forget(_ session: SessionID, _ iteration: Iteration) {
        change(iteration) { queue in
            queue.end(session)
            queue.withdraw(session)
        }
    }

    private func tell(
        _ message: MessageRow, _ status: UserMessageStatus, _ iteration: Iteration
    ) throws {
        var told = message
        told.status = status
        try iteration.store.update(told)
        try publisher.publish(
            .userMessage, in: message.sessionID, told.event, folding: .userMessage(status),
            iteration)
    }

    private func change(_ iteration: Iteration, _ body: (inout RunQueue) -> Void) {
        let gauge = metrics.registry.gauge(.hubWaitingSessions)
        let before = queue
        iteration.onRollback { [self] in
            queue = before
            gauge.set(Int64(before.waitingCount))
        }
        body(&queue)
        gauge.set(Int64(queue.waitingCount))
    }
}
