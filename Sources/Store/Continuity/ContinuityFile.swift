import Glibc
import System

/// The mark's file, and what can be found of the database's files beside it.
///
/// Written after each commit with publications and before anybody hears of it: one `pwrite(2)` into
/// a file system in memory, a microsecond, which a kill cannot tear.
public final class ContinuityFile {
    private let path: String
    private let database: String
    private let descriptor: Int32

    /// Opens or makes it.
    ///
    /// - Parameters:
    ///   - path: in a directory that outlives a process and no start of the machine.
    ///   - database: the path of the database, which need not be there yet.
    public init(path: String, database: String) throws(StoreError) {
        self.path = path
        self.database = database
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, .last) }
    }

    deinit { close(descriptor) }

    /// The mark of the last hub; nil where there is none.
    public func read() -> ContinuityMark? {
        var line = [UInt8](repeating: 0, count: ContinuityMark.bytes + 1)
        let count = unsafe pread(descriptor, &line, line.count, 0)
        return ContinuityMark(line: Array(line.prefix(max(0, count))))
    }

    /// What is there now; for the time before the database is opened, which changes it.
    public func find() -> ContinuityVerdict.Found {
        let file = Self.status(database)
        var own = stat()
        unsafe fstat(descriptor, &own)
        return ContinuityVerdict.Found(
            boot: bootIdentity, device: UInt64(file?.st_dev ?? 0),
            inode: UInt64(file?.st_ino ?? 0), times: times, markTime: own.changedAt)
    }

    /// When database and log were changed last, by the kernel's word, which no copy can set.
    public var times: ContinuityMark.FileTimes {
        ContinuityMark.FileTimes(
            database: Self.status(database)?.changedAt ?? 0,
            log: Self.status("\(database)-wal")?.changedAt ?? 0)
    }

    /// Replaces the mark.
    ///
    /// Where that fails there is none any more, so that the next hub does not trust an old one; an
    /// error is thrown only where an old one stays.
    ///
    /// - Returns: false where there is none any more.
    public func write(_ mark: ContinuityMark) throws(StoreError) -> Bool {
        if let line = mark.line {
            let written = unsafe pwrite(descriptor, line, line.count, 0)
            if written == line.count { return true }
        }
        let error = SystemError.last
        if ftruncate(descriptor, 0) == 0 { return false }
        guard unsafe unlink(path) == 0 else { throw .unusable(path: path, error) }
        return false
    }

    /// The kernel's name for its life.
    ///
    /// In a sandbox that hides it a file system in memory is as good: what it holds was written in
    /// this life.
    private var bootIdentity: String? {
        let file = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            return FileAccess.isInMemory(descriptor) ? "memory" : nil
        }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = unsafe Glibc.read(file, &text, text.count)
        let name = text.prefix(max(0, count)).filter { $0 > 0x20 }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }
}

extension stat {
    /// Nanoseconds since 1970.
    fileprivate var changedAt: Int64 {
        Int64(st_ctim.tv_sec) * 1_000_000_000 + Int64(st_ctim.tv_nsec)
    }
}
