import Protocol
import Realtime

/// What the hub's core needs to know of runs: filled in when sessions are set up.
package struct RunSeam {
    /// A worker's heartbeat.
    package var ready: (AgentReadiness, PeerID, Iteration) throws -> Void = { _, _, _ in }

    /// A worker's link is down.
    package var left: (PeerID, Iteration) -> Void = { _, _ in }

    /// Stores a report and answers it, or throws what its worker is to hear.
    package var report: (RunReport, Reply, Iteration) throws -> Void = { report, _, _ in
        throw Leases.lost(report.lease)
    }

    /// A report that was refused for want of room.
    package var unstored: (RunReport) -> Void = { _ in }

    /// Leases that have lapsed.
    package var lapsed:
        (Iteration) throws -> [(session: SessionID, lapse: LeaseTable<PeerID>.Lapse)] = { _ in [] }

    package var endLapsed: (SessionID, LeaseTable<PeerID>.Lapse, Iteration) throws -> Void = {
        _, _, _ in
    }

    /// A lapsed lease whose run could not be ended: it must not be tried again at once.
    package var postpone: (SessionID, Duration) -> Void = { _, _ in }

    /// The session whose turn it is and the worker that has room for it; nil when there is none.
    package var next: () -> (session: SessionID, worker: PeerID)? = { nil }

    package var grant: (SessionID, PeerID, Iteration) throws -> Void = { _, _, _ in }

    /// A session whose run could not be granted: it must not be next again at once.
    package var setAside: (SessionID) -> Void = { _ in }

    package init() {}
}

/// Who reports from a run.
package struct RunAuthor: Equatable, Sendable {
    package let lease: SessionLease
    package let team: TeamID
    /// What the session had cost before the run.
    package let usageBefore: TokenUsage?

    package init(_ lease: SessionLease, of team: TeamID, after usageBefore: TokenUsage?) {
        self.lease = lease
        self.team = team
        self.usageBefore = usageBefore
    }
}
