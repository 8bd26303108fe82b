import GRDB

/// One step from one form of the database to the next; what has landed never changes again.
struct Migration {
    /// Counts from 1 without gaps; the database keeps the last one in `user_version`.
    let number: Int
    let sql: String

    static let all = [
        teamsAndChannels, sessions, runs, questionsOfTools, scopesOfReading, continuity,
        people, startupFiles, searchedNames, sizes, exactRules, teamsOwnNames,
        deletedSessions, leasesAlone,
    ]

    /// Runs what is missing, each step in a transaction of its own.
    static func run(_ migrations: [Migration], on queue: DatabaseQueue) throws(StoreError) {
        precondition(migrations.map(\.number) == Array(1...migrations.count), "steps have no gaps")
        do {
            try queue.writeWithoutTransaction { database in
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard version <= migrations.count else {
                    throw StoreError.tooNew(version: version, supported: migrations.count)
                }
                // A table that is made anew must not take with it what refers to it; SQLite
                // changes this outside of transactions only (lang_altertable.html §7).
                try database.execute(sql: "PRAGMA foreign_keys = OFF")
                for migration in migrations.dropFirst(version) {
                    try database.inTransaction(.exclusive) {
                        try database.execute(sql: migration.sql)
                        try database.execute(sql: "PRAGMA user_version = \(migration.number)")
                        return .commit
                    }
                }
                try database.execute(sql: "PRAGMA foreign_keys = ON")
            }
        } catch {
            throw StoreError("bringing the database to version \(migrations.count)", error)
        }
    }
}
