/// Which worker runs which session, until when; and what each worker has room for.
///
/// A lease is renewed by its worker's announcements. It is due when nobody renewed it in time, when
/// its worker's link has been down for longer than a reconnect takes, or when a run that was to stop
/// has not stopped. Whoever holds the table ends what is due and counts the generation up, so that
/// the worker, should it live on, can be told from the next one.
public struct LeaseTable<Worker: Hashable & Comparable & Sendable>: Sendable {
    /// How long things may take.
    public struct Timing: Sendable, Equatable {
        /// Of a lease that nobody renews.
        public var lifetime: Duration
        /// Of a worker's link: longer than any reconnect of a live worker.
        public var reconnect: Duration
        /// From the wish to stop a run to its end.
        public var abort: Duration

        /// All positive.
        public init(lifetime: Duration, reconnect: Duration, abort: Duration) {
            self.lifetime = lifetime
            self.reconnect = reconnect
            self.abort = abort
        }
    }

    /// One session's run.
    public struct Lease: Sendable, Equatable {
        public let team: TeamID
        public let generation: Int64
        /// Nil while the link of the one that has it is down.
        public fileprivate(set) var worker: Worker?
        /// Somebody wanted the run to stop; then by when.
        public fileprivate(set) var stopBy: Duration?
        fileprivate var renewedUntil: Duration

        public var isStopping: Bool { stopBy != nil }

        fileprivate var due: Duration { min(renewedUntil, stopBy ?? renewedUntil) }
    }

    /// Why a lease is due.
    public enum Lapse: Sendable, Equatable {
        /// Its worker is gone, or has lost the run.
        case agentLost
        /// Its worker did not stop in time.
        case notStopped
    }

    /// What an announced lease is.
    public enum Announced: Sendable, Equatable {
        /// Known, and this worker's before.
        case renewed(SessionID)
        /// Known, and without a worker until now, which has missed what was pushed meanwhile.
        case adopted(SessionID)
        /// Of a run that is over, or that another worker has: whoever announced it must stop.
        case unknown(SessionID, generation: Int64)
    }

    private var leases: [SessionID: Lease] = [:]
    private var deadlines = DeadlineQueue<SessionID, Duration>()
    private var capacities: [Worker: Int] = [:]
    private var held: [Worker: Int] = [:]

    /// No lease, no worker.
    public init() {}

    /// How many leases are held.
    public var count: Int { leases.count }

    /// Whether any worker has announced itself.
    public var hasWorkers: Bool { !capacities.isEmpty }

    /// Those that have announced themselves.
    public var workers: [Worker] { capacities.keys.sorted() }

    /// When something is due.
    public var nextDeadline: Duration? { deadlines.next }

    public subscript(session: SessionID) -> Lease? { leases[session] }

    /// The sessions that have one.
    public var sessions: [SessionID] { leases.keys.sorted() }

    /// How many more runs a worker takes.
    public func room(of worker: Worker) -> Int {
        max(0, capacities[worker, default: 0] - held[worker, default: 0])
    }

    /// How many more runs all of them take.
    public var room: Int { capacities.keys.reduce(0) { $0 + room(of: $1) } }

    /// The worker with the most room; nil where nobody has any.
    public var roomiest: Worker? {
        capacities.keys.filter { room(of: $0) > 0 }
            .min { (room(of: $1), $0) < (room(of: $0), $1) }
    }

    /// A worker gets a session's run.
    public mutating func grant(
        _ session: SessionID, of team: TeamID, generation: Int64, to worker: Worker,
        at now: Duration, _ timing: Timing
    ) {
        set(
            session,
            Lease(
                team: team, generation: generation, worker: worker,
                renewedUntil: now + timing.lifetime))
    }

    /// A lease that was on record when this table began; its worker has this long to announce it.
    public mutating func restore(
        _ session: SessionID, of team: TeamID, generation: Int64, isStopping: Bool,
        remaining: Duration, at now: Duration, _ timing: Timing
    ) {
        set(
            session,
            Lease(
                team: team, generation: generation, stopBy: isStopping ? now + timing.abort : nil,
                renewedUntil: now + remaining))
    }

    /// A worker says what it takes and what it is at; an unlisted lease stays as it is, and so does
    /// one that a worker with a link has.
    public mutating func announce(
        _ worker: Worker, capacity: Int, leases listed: [(SessionID, generation: Int64)],
        at now: Duration, _ timing: Timing
    ) -> [Announced] {
        capacities[worker] = capacity
        return listed.map { session, generation in
            guard var lease = leases[session], lease.generation == generation,
                lease.worker == nil || lease.worker == worker
            else { return .unknown(session, generation: generation) }
            let isKnown = lease.worker == worker
            lease.worker = worker
            lease.renewedUntil = now + timing.lifetime
            set(session, lease)
            return isKnown ? .renewed(session) : .adopted(session)
        }
    }

    /// A worker's link is down: it may come back soon.
    public mutating func left(_ worker: Worker, at now: Duration, _ timing: Timing) {
        for (session, var lease) in leases where lease.worker == worker {
            lease.worker = nil
            lease.renewedUntil = min(lease.renewedUntil, now + timing.reconnect)
            set(session, lease)
        }
        capacities[worker] = nil
        held[worker] = nil
    }

    /// Somebody wants a run to stop: its worker has until then.
    ///
    /// A second wish changes nothing.
    public mutating func stop(_ session: SessionID, at now: Duration, _ timing: Timing) {
        guard var lease = leases[session], !lease.isStopping else { return }
        lease.stopBy = now + timing.abort
        set(session, lease)
    }

    /// Ending a due lease failed: it is due again then.
    public mutating func postpone(_ session: SessionID, to moment: Duration) {
        guard var lease = leases[session] else { return }
        lease.renewedUntil = max(lease.renewedUntil, moment)
        lease.stopBy = lease.stopBy.map { max($0, moment) }
        set(session, lease)
    }

    /// A run is over.
    public mutating func end(_ session: SessionID) { set(session, nil) }

    /// What is due, earliest first; it stays until it is ended.
    public func due(at now: Duration) -> [(session: SessionID, lapse: Lapse)] {
        deadlines.due(at: now).compactMap { session in
            leases[session].map { lease in
                (session, lease.renewedUntil <= now ? .agentLost : .notStopped)
            }
        }
    }

    private mutating func set(_ session: SessionID, _ lease: Lease?) {
        if let worker = leases[session]?.worker { held[worker, default: 1] -= 1 }
        leases[session] = lease
        guard let lease else { return deadlines.cancel(session) }
        if let worker = lease.worker { held[worker, default: 0] += 1 }
        deadlines.schedule(session, at: lease.due)
    }
}
