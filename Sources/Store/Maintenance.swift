import GRDB
import Glibc
import Realtime

/// Trims history and checkpoints, on a connection and a thread of its own, so that neither ever
/// runs on the hub's loop.
///
/// Every call blocks and belongs on the maintenance thread. Deletions go in small transactions with
/// pauses between them: the loop never waits for the write lock longer than one of them takes.
public final class Maintenance: Sendable {
    private let queue: DatabaseQueue

    /// Opens a second connection to a database that ``Store`` has prepared.
    public init(path: String) throws(StoreError) {
        do {
            queue = try DatabaseQueue(
                path: path,
                configuration: .switchboard(
                    isSynchronousFull: false, patience: BusyPatience(.seconds(1)), cacheKiB: 2_048))
        } catch {
            throw StoreError("opening \(path) for maintenance", error)
        }
    }

    /// How much of each channel's history is kept.
    public struct HistoryLimits: Sendable, Equatable {
        public var count: Int
        public var bytes: Int
        /// Of all channels: over it the largest are cut to an even share.
        public var totalBytes: Int
        /// Publications from before are removed.
        public var oldest: Timestamp

        public init(count: Int, bytes: Int, totalBytes: Int = .max, oldest: Timestamp) {
            self.count = count
            self.bytes = bytes
            self.totalBytes = totalBytes
            self.oldest = oldest
        }

        /// The most that each of these histories may have, so that all of them fit into the total:
        /// those below it lose nothing, however many there are above it.
        static func evenShare(of total: Int, _ sizes: [Int]) -> Int {
            var (rest, count) = (total, sizes.count)
            for size in sizes.sorted() {
                let (needed, isTooMuch) = size.multipliedReportingOverflow(by: count)
                if isTooMuch || needed > rest { return rest / count }
                rest -= size
                count -= 1
            }
            return .max
        }
    }

    /// What was removed from a channel that is still in use.
    public struct Trimmed: Sendable, Equatable {
        public let channel: ChannelIdentity
        public let epoch: Epoch
        public let oldestKept: Offset
        public let count: Int

        public init(channel: ChannelIdentity, epoch: Epoch, oldestKept: Offset, count: Int) {
            self.channel = channel
            self.epoch = epoch
            self.oldestKept = oldestKept
            self.count = count
        }
    }

    /// Removes what is over the limits, and what belonged to ended epochs.
    ///
    /// - Parameters:
    ///   - isStopping: asked between transactions.
    ///   - report: called after each commit.
    /// - Returns: whether all channels together were over their limit.
    @discardableResult
    public func trim(
        _ limits: HistoryLimits, isStopping: () -> Bool, report: (Trimmed) -> Void
    ) throws(StoreError) -> Bool {
        let share = HistoryLimits.evenShare(of: limits.totalBytes, try keptBytes())
        var limits = limits
        limits.bytes = min(limits.bytes, share)
        for number in try overLimit(limits) {
            try inSteps(isStopping) { (rows) throws(StoreError) in
                let batch = try removeBatch(of: number, limits, rows: rows)
                if let trimmed = batch.trimmed { report(trimmed) }
                return batch.hasMore
            }
        }
        return share < .max
    }

    /// Removes what deleted sessions left.
    ///
    /// - Parameter isStopping: asked between transactions.
    public func removeDeletedSessions(isStopping: () -> Bool) throws(StoreError) {
        try inSteps(isStopping) { (rows) throws(StoreError) in
            try transaction { (transaction) throws(StoreError) in
                try SessionRemoval(transaction: transaction, maximumRows: rows).run()
            }
        }
    }

    /// Repeats a transaction, with pauses, while it says that there is more; it gets how many rows it
    /// may remove.
    private func inSteps(
        _ isStopping: () -> Bool, _ step: (_ rows: Int) throws(StoreError) -> Bool
    ) throws(StoreError) {
        var size = BatchSize()
        while !isStopping() {
            let started = ContinuousClock.now
            let hasMore = try step(size.rows)
            size.took(ContinuousClock.now - started)
            guard hasMore else { return }
            try checkpoint()
            usleep(Self.pauseMicroseconds)
        }
    }

    private func keptBytes() throws(StoreError) -> [Int] {
        try transaction { (transaction) throws(StoreError) in
            try transaction.rows(
                "SELECT total_bytes - trimmed_bytes FROM channels WHERE total_bytes > trimmed_bytes"
            ) { (row) throws(StoreError) in Int(try row.integer()) }
        }
    }

    /// Moves the log into the database where it has grown.
    ///
    /// Passively, so that nobody waits; but a passive checkpoint never empties the log while
    /// somebody keeps writing, so beyond ``maximumLogBytes`` the loop has to wait once.
    public func checkpoint(
        whenLogExceeds bytes: Int64 = usualLogBytes
    ) throws(StoreError) {
        guard logBytes > bytes else { return }
        do {
            try queue.writeWithoutTransaction { database in
                let result = try database.checkpoint(.passive)
                if Int64(result.walFrameCount) * Self.pageBytes > Self.maximumLogBytes {
                    try database.checkpoint(.restart)
                }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // The loop was writing all the time; the next call tries again.
        } catch {
            throw StoreError("checkpointing", error)
        }
    }

    /// 4 MiB: SQLite's own habit.
    public static let usualLogBytes: Int64 = 4 << 20
    /// 64 MiB, which is also what a restarted log is cut to.
    public static let maximumLogBytes: Int64 = 64 << 20
    private static let pageBytes: Int64 = 4_096
    /// Long enough for a waiting loop to be served before the next batch.
    private static let pauseMicroseconds: UInt32 = 3_000

    /// The size of the log's file; 0 where there is none.
    private var logBytes: Int64 {
        var status = stat()
        return unsafe stat("\(queue.path)-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    private func overLimit(_ limits: HistoryLimits) throws(StoreError) -> [Int64] {
        try transaction { (transaction) throws(StoreError) in
            try transaction.rows(
                """
                SELECT number FROM channels
                WHERE name IS NULL OR head - oldest + 1 > ?
                    OR total_bytes - trimmed_bytes > ? OR oldest_time < ?
                """, [limits.count, limits.bytes, limits.oldest.milliseconds]
            ) { (row) throws(StoreError) in try row.integer() }
        }
    }

    private func removeBatch(
        of number: Int64, _ limits: HistoryLimits, rows: Int
    ) throws(StoreError) -> TrimBatch.Outcome {
        try transaction { (transaction) throws(StoreError) in
            try TrimBatch(transaction, number, limits, maximumRows: rows).run()
        }
    }

    private func transaction<Result>(
        _ body: (StoreTransaction) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        do {
            return try queue.write { database in
                try body(StoreTransaction(database: database))
            }
        } catch {
            throw StoreError("trimming history", error)
        }
    }
}

/// How many rows one transaction removes: adapted so that it stays near a millisecond.
private struct BatchSize {
    private(set) var rows = 32

    mutating func took(_ duration: Duration) {
        if duration > .microseconds(1_500) {
            rows = max(1, rows / 2)
        } else if duration < .microseconds(500) {
            rows = min(512, rows * 2)
        }
    }
}
