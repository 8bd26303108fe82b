import Glibc

/// The other process that holds the database's lock, as `/proc/locks` names it.
///
/// For people alone: it may have gone when they read it.
public struct LockHolder: Equatable, Sendable, CustomStringConvertible {
    public let processID: Int32
    /// As the kernel has it, at most 15 bytes; nil where it is gone or not to be seen.
    public let program: String?

    public var description: String { "process \(processID) (\(program ?? "unknown"))" }

    /// Of the write lock that SQLite takes in the file beside the log; nil where nobody holds it.
    public static func find(database path: String) -> LockHolder? {
        var status = stat()
        guard unsafe stat("\(path)-shm", &status) == 0, let table = text("/proc/locks") else {
            return nil
        }
        let holder = writer(of: UInt64(status.st_ino), in: table, besides: getpid())
        return holder.map { LockHolder(processID: $0, program: name(of: $0)) }
    }

    /// Lines as `1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 120 120`.
    static func writer(of inode: UInt64, in table: String, besides own: Int32) -> Int32? {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[3] == "WRITE",
                fields[5].split(separator: ":").last == "\(inode)",
                let process = Int32(fields[4]), process != own
            else { continue }
            return process
        }
        return nil
    }

    private static func name(of process: Int32) -> String? {
        text("/proc/\(process)/comm")?.split(separator: "\n").first.map(String.init)
    }

    /// A file of the kernel's, which gives a page or so a read; at most 1 MiB and one read more.
    private static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while bytes.count < 1 << 20 {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
