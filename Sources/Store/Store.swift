import GRDB
import Glibc
import System

/// The hub's database: the truth, of which everything in the hub's memory is a copy.
///
/// Confined to the thread that made it (the hub's loop), which uses it in one transaction per
/// iteration. A commit survives the death of the process; with `isSynchronousFull` also a power
/// cut, at some forty times the cost. ``Maintenance`` trims and checkpoints from another thread.
public final class Store {
    private let queue: DatabaseQueue
    private let lock: StoreLock
    private let meter = ReadMeter()
    private let path: String
    private let patience = BusyPatience(Store.lockPatience)

    /// Bytes of the values that this connection has read since it was opened.
    public var readBytes: Int { meter.bytes }

    /// 3 s: whoever asked waits 5 s for an answer, and is told why there is none.
    private static let lockPatience: Duration = .seconds(3)

    /// False while statements that write are refused with ``StoreError/suspended(_:)`` and everything
    /// else goes on; see ``suspendWrites()``.
    public private(set) var takesWrites = true

    /// Opens or makes the database and brings it to the newest form.
    ///
    /// Blocks. Throws with the path and the system's words where the file cannot be used, where
    /// another process has it, or where a newer version of this program made it.
    public convenience init(path: String, isSynchronousFull: Bool = false) throws(StoreError) {
        try self.init(
            path: path, isSynchronousFull: isSynchronousFull, version: Migration.all.count)
    }

    /// As the program made and opened it that knew `version` steps: what migrations begin with.
    package init(path: String, isSynchronousFull: Bool = false, version: Int) throws(StoreError) {
        self.path = path
        lock = try StoreLock(database: path)
        try Self.checkAccess(path)
        do {
            queue = try DatabaseQueue(
                path: path,
                configuration: .switchboard(
                    isSynchronousFull: isSynchronousFull, patience: patience, cacheKiB: 32_768))
        } catch {
            throw StoreError("opening \(path)", error)
        }
        queue.inDatabase { $0.add(function: SearchText.function) }
        try Migration.run(Array(Migration.all.prefix(version)), on: queue)
    }

    /// Runs statements as they are, to fill an older form of the database.
    package func execute(_ sql: String) throws(StoreError) {
        do {
            try queue.write { try $0.execute(sql: sql) }
        } catch {
            throw StoreError("filling an older database", error)
        }
    }

    /// Runs `body` in one transaction and commits it; anything thrown rolls all of it back.
    ///
    /// The transaction is valid inside of `body` only. An error of the commit itself says that
    /// nothing of it is on disk.
    public func transaction<Result>(
        _ body: (StoreTransaction) throws -> Result
    ) throws -> Result {
        var result: Result?
        do {
            // Without writes nobody waits for a lock.
            try queue.inTransaction(takesWrites ? .immediate : .deferred) { database in
                result = try body(
                    StoreTransaction(database: database, takesWrites: takesWrites, meter: meter))
                return .commit
            }
        } catch let error as DatabaseError {
            throw StoreError("committing", error)
        }
        guard let result else { preconditionFailure("a committed transaction has a result") }
        return result
    }

    /// Has whatever writes refused from now on.
    public func suspendWrites() { takesWrites = false }

    /// Takes writes again where ``trialBytes`` can be written now, without waiting for a lock.
    ///
    /// Returns what still is in the way; throws what is no ``WriteObstacle``.
    public func resumeWrites() throws(StoreError) -> StoreError? {
        do {
            try patience.suspended { try queue.inDatabase(Self.tryWriting) }
        } catch {
            let failure = StoreError("writing to \(path)", error)
            guard failure.obstacle != nil else { throw failure }
            return failure
        }
        takesWrites = true
        return nil
    }

    /// 1 MiB: with less, the next commits would only meet the obstacle again.
    private static let trialBytes = 1 << 20

    /// Pages that are freed in the same transaction would not be written.
    private static func tryWriting(_ database: Database) throws {
        try database.execute(sql: "DROP TABLE IF EXISTS write_trial")
        try database.inTransaction(.immediate) {
            try database.execute(
                sql: "CREATE TABLE write_trial AS SELECT zeroblob(?) AS filler",
                arguments: [trialBytes])
            return .commit
        }
        try database.execute(sql: "DROP TABLE write_trial")
    }

    /// SQLite only says "unable to open"; the system knows why.
    private static func checkAccess(_ path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, .last) }
        close(descriptor)
    }
}

extension Configuration {
    /// What both connections share; only the maintenance thread checkpoints.
    static func switchboard(
        isSynchronousFull: Bool, patience: BusyPatience, cacheKiB: Int
    ) -> Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .callback { patience.waits(after: $0) }
        configuration.prepareDatabase { database in
            let mode = isSynchronousFull ? "FULL" : "NORMAL"
            try database.execute(
                sql: """
                    PRAGMA synchronous = \(mode);
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -\(cacheKiB);
                    """)
        }
        return configuration
    }
}
