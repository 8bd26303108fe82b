import Daemon
import Protocol
import Realtime
import Store

/// Who runs which session: the store's record, and the table that knows workers and time.
///
/// The record decides: a report or a question counts only under the lease that it names, and the
/// generation fences off whoever was believed dead. Every change here is one of both.
package final class Leases {
    package private(set) var table = LeaseTable<PeerID>()

    private let alarms: Alarms
    private let settings: () -> HubSettings
    private let gauge: Gauge
    /// Leases of the hub's last life, until the clock is known from which their time counts.
    private var unclocked: [LeaseRow]
    /// When the last hub was seen alive last; nil if nobody knows.
    private let lastAlive: Timestamp?

    /// - Parameter open: every lease of the store that has not ended.
    init(
        open: [LeaseRow], lastAlive: Timestamp?, alarms: Alarms,
        settings: @escaping () -> HubSettings, metrics: HubMetrics
    ) {
        self.alarms = alarms
        self.settings = settings
        gauge = metrics.registry.gauge(.hubLeases)
        unclocked = open
        self.lastAlive = lastAlive
        for row in open { restore(row, at: .zero) }
        gauge.set(Int64(open.count))
        // Whatever lapses is ended at the end of an iteration; the alarm sees to there being one.
        alarms.on(.leases) { _ in }
    }

    private var timing: LeaseTable<PeerID>.Timing {
        .init(
            lifetime: .milliseconds(SessionLease.lifetimeMilliseconds),
            reconnect: .milliseconds(SessionLease.reconnectMilliseconds),
            abort: settings().abortTimeout)
    }

    /// The record of a lease that the caller holds; throws `LEASE_LOST` for every other.
    func row(of lease: SessionLease, for call: OperationCall) throws -> LeaseRow {
        guard case .agentWorker(let worker) = call.caller,
            let row = try call.store.lease(of: lease.session),
            row.generation == lease.generation, row.state != .ended,
            isHeld(lease, by: worker)
        else { throw Self.lost(lease) }
        return row
    }

    static func lost(_ lease: SessionLease) -> OperationError {
        OperationError(
            .leaseLost,
            "run \(lease.generation) of session \(lease.session) is over, or never was yours; stop it"
        )
    }

    /// Whether this very worker has the run.
    func isHeld(_ lease: SessionLease, by worker: PeerID) -> Bool {
        guard let held = table[lease.session] else { return false }
        return held.generation == lease.generation && held.worker == worker
    }

    /// Whether a worker holds this very lease.
    func isHeld(_ session: SessionID, _ generation: Int64) -> Bool {
        table[session]?.generation == generation
    }

    /// Counts the generation up and gives the session to a worker.
    func grant(
        _ session: SessionRow, to worker: PeerID, _ iteration: Iteration
    ) throws -> SessionLease {
        let before = try iteration.store.lease(of: session.id)
        let row = LeaseRow(
            sessionID: session.id, teamID: session.teamID,
            generation: (before?.generation ?? 0) + 1, usageBefore: session.usage,
            grantedAt: iteration.now)
        try iteration.store.put(row)
        change(iteration) { table in
            table.grant(
                session.id, of: session.teamID, generation: row.generation, to: worker,
                at: iteration.clock, timing)
        }
        return SessionLease(session: session.id, generation: row.generation)
    }

    /// Somebody wants the run to stop; its worker has a while to do so.
    func stop(_ session: SessionID, _ iteration: Iteration) throws {
        guard var row = try iteration.store.lease(of: session) else { return }
        row.state = .stopping
        try iteration.store.put(row)
        change(iteration) { $0.stop(session, at: iteration.clock, timing) }
    }

    /// The run is over.
    ///
    /// - Parameter isFenced: its worker did not say so itself, and must not say anything any more.
    func end(_ session: SessionID, isFenced: Bool, _ iteration: Iteration) throws {
        if var row = try iteration.store.lease(of: session) {
            row.state = .ended
            if isFenced { row.generation += 1 }
            try iteration.store.put(row)
        }
        change(iteration) { $0.end(session) }
    }

    /// A worker's capacity and leases.
    func announce(
        _ worker: PeerID, _ readiness: AgentReadiness, _ iteration: Iteration
    ) throws(StoreError) -> [LeaseTable<PeerID>.Announced] {
        let announced = change(iteration) { table in
            table.announce(
                worker, capacity: readiness.capacity,
                leases: readiness.leases.map { ($0.session, $0.generation) },
                at: iteration.clock, timing)
        }
        for case .adopted(let session) in announced {
            try record(nil, of: session, iteration)
        }
        return announced
    }

    /// A worker's link is down.
    func left(_ worker: PeerID, _ iteration: Iteration) {
        change(iteration) { $0.left(worker, at: iteration.clock, timing) }
    }

    /// What has lapsed now, to be ended.
    func due(
        _ iteration: Iteration
    ) throws(StoreError) -> [(session: SessionID, lapse: LeaseTable<PeerID>.Lapse)] {
        if !unclocked.isEmpty { try beginClock(iteration) }
        guard let next = table.nextDeadline, next <= iteration.clock else { return [] }
        return table.due(at: iteration.clock)
    }

    /// Ending a lapsed run failed; it is tried again, but not in every iteration.
    func postpone(_ session: SessionID, at clock: Duration) {
        table.postpone(session, to: clock + .seconds(1))
        settle()
    }

    /// The time of what the hub's last life left goes on with this one's first iteration: while there
    /// was no hub, nobody could renew anything.
    private func beginClock(_ iteration: Iteration) throws(StoreError) {
        for row in unclocked where table[row.sessionID]?.worker == nil {
            guard isHeld(row.sessionID, row.generation) else { continue }
            let remaining = remaining(of: row)
            restore(row, at: iteration.clock, remaining)
            try record(iteration.now + remaining, of: row.sessionID, iteration)
        }
        unclocked = []
        settle()
    }

    /// What the last hub had left to a lease: all of it where a worker held that.
    private func remaining(of row: LeaseRow) -> Duration {
        guard let expiry = row.expiresAt, let lastAlive else { return timing.lifetime }
        let remaining = Duration.milliseconds(expiry.milliseconds - lastAlive.milliseconds)
        return min(max(remaining, .zero), timing.lifetime)
    }

    /// For the next hub; on a full disk that gives a lifetime anew.
    private func record(
        _ expiry: Timestamp?, of session: SessionID, _ iteration: Iteration
    ) throws(StoreError) {
        guard iteration.store.takesWrites else { return }
        try iteration.store.setExpiry(expiry, of: session)
    }

    /// Tells the worker that runs a session, if its link is up.
    func tell(_ session: SessionID, _ message: AgentMessage, _ iteration: Iteration) {
        guard let worker = table[session]?.worker else { return }
        iteration.send(.agent(message), to: worker)
    }

    private func restore(_ row: LeaseRow, at clock: Duration, _ remaining: Duration? = nil) {
        table.restore(
            row.sessionID, of: row.teamID, generation: row.generation,
            isStopping: row.state == .stopping, remaining: remaining ?? timing.lifetime, at: clock,
            timing)
    }

    @discardableResult
    private func change<Result>(
        _ iteration: Iteration, _ body: (inout LeaseTable<PeerID>) -> Result
    ) -> Result {
        let before = table
        iteration.onRollback { [self] in
            table = before
            settle()
        }
        defer { settle() }
        return body(&table)
    }

    private func settle() {
        gauge.set(Int64(table.count))
        alarms.set(.leases, at: table.nextDeadline)
    }
}
