import Protocol
import Realtime

/// Ends and gives out runs at the end of each iteration, whatever made it due.
///
/// Each is a command of its own: a session that can't be run, or whose run can't be ended, holds up
/// nobody.
extension HubCore {
    func endLapsedRuns(_ iteration: Iteration) throws {
        for (session, lapse) in try runs.lapsed(iteration) {
            var isEnded = false
            try attempt("ending the run of \(session)", nil, iteration) {
                try runs.endLapsed(session, lapse, iteration)
                isEnded = true
            }
            if !isEnded { runs.postpone(session, iteration.clock) }
        }
    }

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
