import Daemon
import Protocol
import Realtime
import Synchronization

/// The request threads as places, of which no team holds the last ones while another one wants them.
///
/// Any thread. A thread waits for the hub, so a team that keeps all of them busy would otherwise
/// have every other team wait in the socket's backlog behind it.
final class RequestPlaces: Sendable {
    private let shares: Mutex<FairShares<TeamID>>
    private let refused: Counter
    private let start = ContinuousClock.now

    init(threads: Int, metrics: Metrics) {
        shares = Mutex(FairShares(places: threads))
        refused = metrics.counter(.limitsReached, "fastCGI.shareOfThreads")
    }

    /// Runs `body` in a place of the team's; nil is nobody's team and takes none.
    func withPlace<Result>(
        for team: TeamID?, _ body: () throws(Refusal) -> Result
    ) throws(Refusal) -> Result {
        guard let team else { return try body() }
        guard shares.withLock({ $0.take(for: team, at: ContinuousClock.now - start) }) else {
            refused.add()
            throw Refusal(
                OperationError(
                    .rateLimited,
                    "the team has its share of requests under way, and others wait; ask for fewer"
                        + " at once", retryAfterSeconds: 1))
        }
        defer { shares.withLock { $0.give(backFrom: team) } }
        return try body()
    }
}
