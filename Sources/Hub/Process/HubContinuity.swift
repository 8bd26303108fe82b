import Crypto
import Daemon
import EventLoop
import Logging
import Realtime
import Store

/// Sees to it that no epoch survives its database going back in time.
///
/// Made before the database is opened; from then on it leaves a mark of every commit with
/// publications in the run-time directory, and judges there by the last hub's whether this database
/// has everything that anybody may have seen.
final class HubContinuity {
    private let file: ContinuityFile
    private let found: ContinuityVerdict.Found
    private let last: ContinuityMark?
    private let logger: Logger
    private var mark: ContinuityMark?
    private var heartbeat: Timer?
    private var isMarked = true

    /// A hub that is killed while idle wrote nothing for longer than this.
    private static let heartbeatInterval: Duration = .seconds(1)

    init(_ paths: Paths, logger: Logger) throws {
        file = try ContinuityFile(path: paths.continuityMark, database: paths.database)
        last = file.read()
        found = file.find()
        self.logger = logger
    }

    /// When the last hub of this start of the machine was alive, to a second; nil if there was none.
    var lastAlive: Timestamp? {
        guard let last, last.boot == found.boot else { return nil }
        return Timestamp(milliseconds: last.writtenAt / 1_000_000)
    }

    /// Begins new epochs where the database is not what the last hub left.
    func settle(_ store: Store, _ metrics: HubMetrics) throws {
        let (record, verdict, channels) = try store.transaction { transaction in
            let record = try transaction.continuity()
            let verdict = ContinuityVerdict.judge(last, found, record)
            guard case .beginsAnew = verdict else { return (record, verdict, 0) }
            let anew = ContinuityRow(
                identity: SecureRandom.identifier(), sequence: record.sequence)
            let channels = try transaction.beginNewEpochs(identity: anew.identity)
            return (anew, verdict, channels)
        }
        if case .beginsAnew(let reason) = verdict {
            metrics.beganEpochs(reason.rawValue)
            logger.log(
                level: channels == 0 ? .info : .warning,
                "channels begin new epochs: clients with older positions read anew",
                metadata: ["reason": "\(reason.rawValue)", "channels": "\(channels)"])
        }
        // The file may be a moment old.
        let own = file.find()
        mark = own.boot.map {
            ContinuityMark(
                boot: $0, device: own.device, inode: own.inode, identity: record.identity,
                sequence: record.sequence, writtenAt: WallClock.nanoseconds)
        }
        try write()
    }

    /// A commit with publications is on disk; called before anybody hears of them.
    func committed(_ sequence: Int64) throws {
        mark?.sequence = sequence
        try write()
    }

    func start(on loop: EventLoop, fail: @escaping (any Error) -> Void) {
        heartbeat = loop.schedule(
            after: Self.heartbeatInterval, repeating: Self.heartbeatInterval
        ) { [weak self] in
            do {
                try self?.write()
            } catch {
                fail(error)
            }
        }
    }

    /// Nothing of the database is written any more.
    func leave() {
        heartbeat?.cancel()
        mark?.left = file.times
        do {
            try write()
        } catch {
            logger.error("the last mark could not be left", metadata: ["reason": "\(error)"])
        }
    }

    /// Without a mark the next hub begins new epochs, which is always right.
    private func write() throws {
        guard var mark else { return }
        mark.writtenAt = WallClock.nanoseconds
        let isMarked = try file.write(mark)
        if isMarked != self.isMarked {
            logger.log(
                level: isMarked ? .info : .error,
                isMarked
                    ? "the run-time directory takes marks again"
                    : "the run-time directory takes no mark: a restart begins new epochs")
        }
        self.isMarked = isMarked
    }
}
