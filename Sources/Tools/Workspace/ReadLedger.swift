import Crypto
import Glibc
import Synchronization

/// What identifies a file's content at one moment.
struct FileStamp: Sendable, Equatable {
    let device: UInt
    let inode: UInt
    let bytes: Int
    /// `mtime` in nanoseconds.
    let modified: Int64

    init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        bytes = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}

/// A file as the model has seen it.
struct FileReading: Sendable, Equatable {
    let stamp: FileStamp
    let digest: Digest
}

/// A file that the model sees with a call's outcome.
struct SeenFile: Sendable, Equatable {
    /// Absolute, links followed.
    let path: String
    let reading: FileReading
}

/// The files that a session's model has read, and how they were then: what it may edit.
///
/// At most ``ToolLimits/maximumLedgerEntries`` with ``ToolLimits/maximumLedgerBytes`` of paths; a
/// forgotten file has to be read again. From any thread.
package final class ReadLedger: Sendable {
    /// A path by its bytes: names that Unicode calls equivalent are two files.
    private typealias Key = [UInt8]

    private struct State {
        var readings: [Key: FileReading] = [:]
        /// The one seen longest ago first.
        var order: [Key] = []
        var bytes = 0
    }

    private let state = Mutex(State())

    /// Of what is kept, about: paths, and ``entryBytes`` for each.
    var bytes: Int { state.withLock { $0.bytes + $0.order.count * Self.entryBytes } }
    private static let entryBytes = 200

    /// The model has seen this content, or wrote it.
    func record(_ seen: SeenFile) {
        let key = Array(seen.path.utf8)
        state.withLock { state in
            if state.readings.updateValue(seen.reading, forKey: key) != nil {
                state.order.removeAll { $0 == key }
            } else {
                state.bytes += key.count
            }
            state.order.append(key)
            while state.order.count > ToolLimits.maximumLedgerEntries
                || state.bytes > ToolLimits.maximumLedgerBytes
            {
                let oldest = state.order.removeFirst()
                state.readings[oldest] = nil
                state.bytes -= oldest.count
            }
        }
    }

    /// Whether a change of what is there now builds on what the model has seen.
    func judge(_ path: String, now reading: FileReading) -> Verdict {
        let seen = state.withLock { $0.readings[Array(path.utf8)] }
        guard let seen else { return .neverRead }
        return seen == reading ? .unchanged : .changed
    }

    enum Verdict: Equatable { case unchanged, changed, neverRead }
}

/// The ledgers of sessions, from one run to the next, in this process's memory.
///
/// At most ``ToolLimits/maximumLedgerSessions`` with ``ToolLimits/maximumLedgersBytes`` together;
/// the session that was idle longest has to read again. So has one that goes on with another
/// worker; one that comes back finds what it read here, and what changed meanwhile is known by
/// its content. Confined to the loop's thread.
final class SessionLedgers {
    private var ledgers: [String: ReadLedger] = [:]
    /// The one used longest ago first.
    private var order: [String] = []

    /// A session's ledger, new if there is none.
    func ledger(of session: String) -> ReadLedger {
        order.removeAll { $0 == session }
        order.append(session)
        let ledger = ledgers[session] ?? ReadLedger()
        ledgers[session] = ledger
        var bytes = ledgers.values.reduce(0) { $0 + $1.bytes }
        while order.count > ToolLimits.maximumLedgerSessions
            || bytes > ToolLimits.maximumLedgersBytes && order.count > 1
        {
            bytes -= ledgers.removeValue(forKey: order.removeFirst())?.bytes ?? 0
        }
        return ledger
    }
}
