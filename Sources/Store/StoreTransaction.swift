import GRDB

/// The open transaction of one iteration: every table is read and written through it.
///
/// Valid only inside the body of ``Store/transaction(_:)``, on its thread. The tables add their
/// functions in extensions, one file a table; prepared statements are kept by their text.
public struct StoreTransaction {
    let database: Database
    /// False where everything that writes throws.
    public let takesWrites: Bool
    private let meter: ReadMeter

    /// - Parameter takesWrites: false has everything that writes throw ``StoreError/suspended(_:)``.
    init(database: Database, takesWrites: Bool = true, meter: ReadMeter = ReadMeter()) {
        self.database = database
        self.takesWrites = takesWrites
        self.meter = meter
    }

    /// Runs `body` so that whatever it threw leaves no trace in the database.
    public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try run("SAVEPOINT command")
        do {
            let result = try body()
            try run("RELEASE command")
            return result
        } catch {
            // After a full disk SQLite may have rolled back everything already: then the first
            // error is the one that counts.
            try? run("ROLLBACK TO command")
            try? run("RELEASE command")
            throw error
        }
    }

    /// Runs a statement that writes.
    func execute(_ sql: String, _ arguments: StatementArguments = []) throws(StoreError) {
        guard takesWrites else { throw .suspended(Self.short(sql)) }
        try run(sql, arguments)
    }

    private func run(_ sql: String, _ arguments: StatementArguments = []) throws(StoreError) {
        do {
            let statement = try database.cachedStatement(sql: sql)
            try statement.execute(arguments: arguments)
        } catch {
            throw StoreError(Self.short(sql), error)
        }
    }

    /// The number of rows that the last statement inserted, updated or deleted.
    var changes: Int { database.changesCount }

    /// Reads rows until `make` answers nil or there are no more.
    func rows<Value>(
        _ sql: String, _ arguments: StatementArguments = [],
        _ make: (inout RowReader) throws(StoreError) -> Value?
    ) throws(StoreError) -> [Value] {
        do {
            let statement = try database.cachedStatement(sql: sql)
            let cursor = try Row.fetchCursor(statement, arguments: arguments)
            var values: [Value] = []
            while let row = try cursor.next() {
                var reader = RowReader(row, of: sql)
                let value = try make(&reader)
                meter.bytes += reader.readBytes
                guard let value else { break }
                values.append(value)
            }
            return values
        } catch {
            throw StoreError(Self.short(sql), error)
        }
    }

    /// Reads rows until `maximumBytes` of what they hold are reached or `limit` of them; at least one
    /// where there is one.
    func batch<Value>(
        _ sql: String, _ arguments: StatementArguments, limit: Int, maximumBytes: Int,
        _ make: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> RowBatch<Value> {
        var (bytes, count) = (0, 0)
        var hasMore = false
        let rows = try rows(sql, arguments) { (row) throws(StoreError) -> Value? in
            let value = try make(&row)
            hasMore = count > 0 && (count >= limit || bytes + row.readBytes > maximumBytes)
            guard !hasMore else { return nil }
            bytes += row.readBytes
            count += 1
            return value
        }
        return RowBatch(rows: rows, hasMore: hasMore)
    }

    /// The first row, or nil.
    func row<Value>(
        _ sql: String, _ arguments: StatementArguments = [],
        _ make: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        var isFirst = true
        return try rows(sql, arguments) { (reader) throws(StoreError) -> Value? in
            guard isFirst else { return nil }
            isFirst = false
            return try make(&reader)
        }.first
    }

    /// The first column of the first row; 0 where there is none.
    func integer(
        _ sql: String, _ arguments: StatementArguments = []
    ) throws(StoreError) -> Int {
        try row(sql, arguments) { (row) throws(StoreError) in Int(try row.integer()) } ?? 0
    }

    private static func short(_ sql: String) -> String {
        sql.split(whereSeparator: \.isWhitespace).prefix(6).joined(separator: " ")
    }
}

/// The rows of one read that ended at a limit, and whether there are more behind them.
public struct RowBatch<Row> {
    public let rows: [Row]
    public let hasMore: Bool

    public init(rows: [Row], hasMore: Bool) {
        self.rows = rows
        self.hasMore = hasMore
    }
}

/// Counts the bytes of all values that were read through a connection; confined to its thread.
final class ReadMeter {
    var bytes = 0
}
