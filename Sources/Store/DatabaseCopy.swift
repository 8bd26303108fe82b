import GRDB

/// Copies of the hub's database, for a backup and for what comes back of one.
///
/// Blocks; from any process that may read the files.
public enum DatabaseCopy {
    /// Writes a copy to `target`, where nothing may be: as it was at one moment, whatever a hub does
    /// with it meanwhile.
    public static func make(of path: String, at target: String) throws(StoreError) {
        try read(path) { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [target])
        }
    }

    /// Throws where the file is none of this program's databases, damaged, or of a newer version.
    public static func check(_ path: String) throws(StoreError) {
        try read(path) { database in
            let problems = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
            guard problems == ["ok"] else {
                throw StoreError.failed(
                    "checking \(path)", reason: problems.joined(separator: "; "), code: 11)
            }
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version > 0, try database.tableExists("channels") else {
                throw StoreError.failed(
                    "checking \(path)", reason: "it is no database of Switchboard", code: 26)
            }
            guard version <= Migration.all.count else {
                throw StoreError.tooNew(version: version, supported: Migration.all.count)
            }
        }
    }

    /// Whether no hub has the database; one that starts while `body` runs does not get it.
    public static func whileUnused<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws -> Result {
        let lock = try StoreLock(database: path)
        return try withExtendedLifetime(lock) { try body() }
    }

    private static func read(
        _ path: String, _ body: (Database) throws -> Void
    ) throws(StoreError) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase(body)
            try queue.close()
        } catch {
            throw StoreError("reading \(path)", error)
        }
    }
}
