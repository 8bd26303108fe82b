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

/// The files that a session's model has read, and how they were then: what it may edit.
///
/// At most ``ToolLimits/maximumLedgerEntries``; a forgotten file has to be read again.
final class ReadLedger: Sendable {
    private struct State {
        var readings: [String: FileReading] = [:]
        /// Paths, the one seen longest ago first.
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// The model has seen this content, or wrote it.
    func record(_ path: String, _ reading: FileReading) {
        state.withLock { state in
            if state.readings.updateValue(reading, forKey: path) != nil {
                state.order.removeAll { $0 == path }
            }
            state.order.append(path)
            if state.order.count > ToolLimits.maximumLedgerEntries {
                state.readings[state.order.removeFirst()] = nil
            }
        }
    }

    /// Whether a change of what is there now builds on what the model has seen.
    func judge(_ path: String, now reading: FileReading) -> Verdict {
        let seen = state.withLock { $0.readings[path] }
        guard let seen else { return .neverRead }
        return seen == reading ? .unchanged : .changed
    }

    enum Verdict: Equatable { case unchanged, changed, neverRead }
}
