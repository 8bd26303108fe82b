import Logging
import Protocol
import Realtime
import Store
import System

/// A disk that is full, or a database that somebody else holds: writes are refused, everything else
/// goes on, and it is tried again until it works.
extension HubCore {
    /// A disk that has room for a moment again and again is told of once a minute.
    private static let logInterval: Duration = .seconds(60)

    /// A commit failed: from now on whatever writes is refused before it is tried.
    func suspendWrites(_ error: StoreError, at clock: Duration) {
        guard let obstacle = error.obstacle else { preconditionFailure("no obstacle: \(error)") }
        store.suspendWrites()
        metrics.storeTakesWrites.set(0)
        let isLogged = suspensionLoggedAt.map { clock - $0 >= Self.logInterval } ?? true
        suspension = WriteSuspension(obstacle, error, at: clock, isLogged: isLogged)
        alarms.set(.storage, at: suspension?.nextTrial)
        guard isLogged else { return }
        suspensionLoggedAt = clock
        var metadata: Logger.Metadata = [
            "obstacle": "\(obstacle.rawValue)", "reason": "\(error)",
        ]
        if obstacle == .locked, let holder = LockHolder.find(database: paths.database) {
            metadata["holder"] = "\(holder)"
        }
        logger.error(
            "the database takes no writes: they are refused until it does, reads go on",
            metadata: metadata)
    }

    /// Has writes taken again where they are possible; before the iteration's transaction.
    func resumeWrites(at clock: Duration) throws {
        guard let suspension, suspension.nextTrial <= clock else { return }
        guard try store.resumeWrites() == nil else {
            self.suspension?.nextTrial = clock + WriteSuspension.trialInterval
            return alarms.set(.storage, at: clock + WriteSuspension.trialInterval)
        }
        self.suspension = nil
        metrics.storeTakesWrites.set(1)
        if suspension.isLogged { logger.notice("the database takes writes again") }
        // An edit of meanwhile was not put into effect.
        lookAtFiles()
    }

    /// Measures the database and the room that it has left; warns once when that is little.
    func lookAtSpace() {
        let size = ["", "-wal"].reduce(0) { $0 + FreeSpace.size(of: paths.database + $1) }
        metrics.databaseBytes.set(size)
        guard let free = FreeSpace.bytes(at: paths.stateDirectory) else { return }
        metrics.freeBytes.set(free)
        let limit = Int64(settings.hub.lowSpaceBytes)
        // Twice the limit ends it: room that comes and goes is one warning.
        if free >= 2 * limit { hasWarnedOfSpace = false }
        guard free < limit, !hasWarnedOfSpace else { return }
        hasWarnedOfSpace = true
        metrics.reached(limit: "hub.lowSpaceBytes")
        logger.warning(
            "the database's disk has little room left; once it is full, writes are refused",
            metadata: ["free": "\(free)", "database": "\(size)"])
    }

    /// Nothing of the iteration is on disk: every command is refused, and memory is as before it.
    ///
    /// Who came and who left is no matter of the disk.
    func refuseAll(_ commands: [HubCommand], _ iteration: Iteration) -> Outbox {
        iteration.takeBackCommands()
        for command in commands {
            switch command {
            case .arrived(let peer, let hello, let process):
                // The first table may hold what was taken back.
                if peers[peer] == nil { greet(peer, hello, process, iteration) }
                sendCredentials(to: peer, hello.role, iteration)
            case .left(let peer, let reason):
                leave(peer, reason, iteration)
            case .message(let peer, let message):
                noteUnstored(message)
                if let request = message.request {
                    refuse(Reply(peer: peer, request: request), iteration)
                }
            case .task(let task):
                if let reply = task.reply { refuse(reply, iteration) }
            case .alarm: break
            }
        }
        for peer in iteration.departed { runs.left(peer, iteration) }
        for name in iteration.wentOff { alarms.set(name, at: iteration.clock + .seconds(1)) }
        reads.start()
        return iteration.outbox
    }

    private func refuse(_ reply: Reply, _ iteration: Iteration) {
        guard let suspension, peers[reply.peer] != nil, iteration.isOwed(reply) else { return }
        metrics.refusedWrites.add()
        iteration.refuse(reply, suspension.refusal)
    }
}
