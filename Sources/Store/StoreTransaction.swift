import GRDB

/// The open transaction of one iteration: every table is read and written through it.
///
/// Valid only inside the body of ``Store/transaction(_:)``, on its thread. The tables add their
/// functions in extensions, one file a table; prepared statements are kept by their text.
public struct StoreTransaction {
    let database: Database

    /// Runs `body` so that whatever it threw leaves no trace in the database.
    public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("SAVEPOINT command")
        do {
            let result = try body()
            try execute("RELEASE command")
            return result
        } catch {
            // After a full disk SQLite may have rolled back everything already: then the first
            // error is the one that counts.
            try? execute("ROLLBACK TO command")
            try? execute("RELEASE command")
            throw error
        }
    }

    func execute(_ sql: String, _ arguments: StatementArguments = []) throws(StoreError) {
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
                guard let value = try make(&reader) else { break }
                values.append(value)
            }
            return values
        } catch {
            throw StoreError(Self.short(sql), error)
        }
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
