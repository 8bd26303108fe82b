/// Which sessions wait for a run, and whose turn it is.
///
/// Fair over teams first and over sessions then: the next run goes to the team that has the fewest,
/// within it to the session that has waited longest; a session that has had a run waits at the end
/// of the line again. A team at its limit holds up nobody else. A session is in here only while it
/// waits or runs.
public struct RunQueue: Sendable {
    /// How many runs there may be at once.
    public struct Limits: Sendable, Equatable {
        /// Of all teams.
        public var maximumRuns: Int
        public var maximumRunsPerTeam: Int

        /// Both positive.
        public init(maximumRuns: Int, maximumRunsPerTeam: Int) {
            self.maximumRuns = maximumRuns
            self.maximumRunsPerTeam = maximumRunsPerTeam
        }
    }

    private var lines: [TeamID: DeadlineQueue<SessionID, UInt64>] = [:]
    private var waiting: [SessionID: TeamID] = [:]
    private var running: [SessionID: TeamID] = [:]
    private var runs: [TeamID: Int] = [:]
    private var nextPlace: UInt64 = 0

    /// Nobody waits, nothing runs.
    public init() {}

    /// How many sessions wait.
    public var waitingCount: Int { waiting.count }

    /// How many sessions have a run.
    public var runCount: Int { running.count }

    /// Whether one more run of a team is within the limits.
    public func admits(_ team: TeamID, _ limits: Limits) -> Bool {
        running.count < limits.maximumRuns && runs[team, default: 0] < limits.maximumRunsPerTeam
    }

    /// The session whose turn it is; nil where nobody waits or the limits are reached.
    ///
    /// Costs a look at each team that waits.
    public func next(_ limits: Limits) -> SessionID? {
        var best: (runs: Int, place: UInt64, session: SessionID)?
        for (team, line) in lines {
            guard admits(team, limits), let session = line.first, let place = line.next else {
                continue
            }
            let candidate = (runs: runs[team, default: 0], place: place, session: session)
            if let best, (best.runs, best.place) < (candidate.runs, candidate.place) { continue }
            best = candidate
        }
        return best?.session
    }

    /// A session has a message to be answered: it goes to the end of its team's line, unless it
    /// waits or runs already.
    public mutating func wait(_ session: SessionID, of team: TeamID) {
        guard waiting[session] == nil, running[session] == nil else { return }
        waiting[session] = team
        lines[team, default: DeadlineQueue()].schedule(session, at: nextPlace)
        nextPlace += 1
    }

    /// A session has nothing to be answered any more, or is gone.
    public mutating func withdraw(_ session: SessionID) {
        guard let team = waiting.removeValue(forKey: session) else { return }
        lines[team]?.cancel(session)
        if lines[team]?.count == 0 { lines[team] = nil }
    }

    /// A session has got a run.
    public mutating func begin(_ session: SessionID, of team: TeamID) {
        withdraw(session)
        guard running.updateValue(team, forKey: session) == nil else { return }
        runs[team, default: 0] += 1
    }

    /// A session's run is over.
    public mutating func end(_ session: SessionID) {
        guard let team = running.removeValue(forKey: session), let count = runs[team] else {
            return
        }
        runs[team] = count > 1 ? count - 1 : nil
    }
}
