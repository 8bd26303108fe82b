import GRDB

/// A connection to the hub's database that cannot write: for reads too long for the loop.
///
/// Every call blocks and belongs on the reading thread. A read sees the database as of its begin:
/// all that was committed before, and nothing of what the loop commits meanwhile.
public final class StoreReader: Sendable {
    private let queue: DatabaseQueue

    /// Opens one more connection to a database that ``Store`` has prepared.
    public init(path: String) throws(StoreError) {
        var configuration = Configuration.switchboard(
            isSynchronousFull: false, patience: BusyPatience(.seconds(1)), cacheKiB: 8_192)
        configuration.readonly = true
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StoreError("opening \(path) for reading", error)
        }
    }

    /// Runs `body` over one state of the database; what it tries to write, SQLite refuses.
    public func read<Result>(_ body: (StoreTransaction) throws -> Result) throws -> Result {
        do {
            return try queue.read { database in try body(StoreTransaction(database: database)) }
        } catch let error as DatabaseError {
            throw StoreError("reading", error)
        }
    }
}
