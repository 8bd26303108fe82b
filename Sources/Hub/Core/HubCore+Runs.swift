import Protocol
import Realtime

/// Gives out runs at the end of each iteration, whatever made one possible.
extension HubCore {
    /// Each run is granted on its own: a session that can't be run holds up nobody.
    func grantRuns(_ iteration: Iteration) throws {
        while let (session, worker) = runs.next() {
            var isGranted = false
            try attempt("granting a run of \(session)", nil, iteration) {
                try runs.grant(session, worker, iteration)
                isGranted = true
            }
            if !isGranted { runs.setAside(session) }
        }
    }
}
