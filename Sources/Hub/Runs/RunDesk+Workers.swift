import Protocol
import Realtime

/// Agent workers that come, go, and say what they are at.
extension RunDesk {
    /// A worker's heartbeat; see `AgentReadiness`.
    func ready(
        _ readiness: AgentReadiness, from worker: PeerID, _ iteration: Iteration
    ) throws {
        for announced in try leases.announce(worker, readiness, iteration) {
            switch announced {
            case .renewed: break
            case .adopted(let session): try catchUp(session, iteration)
            case .unknown(let session, let generation):
                // It would hear so at its next report; this saves what it would do until then.
                let lease = SessionLease(session: session, generation: generation)
                iteration.send(.agent(.abort(lease, reason: "lease_lost")), to: worker)
            }
        }
    }

    /// The link is down; the worker may be alive and come back.
    func left(_ worker: PeerID, _ iteration: Iteration) { leases.left(worker, iteration) }

    /// Tells the worker whatever was pushed while its link was down.
    ///
    /// Questions are not in it: it asks them again, and hears how they stand.
    private func catchUp(_ session: SessionID, _ iteration: Iteration) throws {
        guard let row = try directory.entry(session, iteration)?.row else { return }
        leases.tell(
            session, .modeChanged(session, row.mode, version: row.modeVersion), iteration)
        try leases.tellRules(of: session, iteration)
        guard let lease = leases.table[session], lease.isStopping else { return }
        leases.tell(
            session,
            .abort(
                SessionLease(session: session, generation: lease.generation),
                reason: Ending.aborted.rawValue), iteration)
    }
}

extension Leases {
    /// All rules of a session, for the worker that runs it.
    func tellRules(of session: SessionID, _ iteration: Iteration) throws {
        guard table[session]?.worker != nil else { return }
        let rules = try iteration.store.rules(of: session).map(\.rule)
        tell(session, .rulesChanged(session, rules), iteration)
    }
}
