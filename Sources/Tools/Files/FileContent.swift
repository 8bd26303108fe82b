import CLinux
import Crypto
import Glibc
import System

/// A regular file as it was read through one open descriptor.
struct FileContent {
    let bytes: [UInt8]
    let reading: FileReading
    let mode: mode_t
    let owner: uid_t
    let group: gid_t

    /// Reads what `entry` (`O_PATH`) is, if it is a regular file of a size that is taken.
    ///
    /// The type is checked before anything is opened for reading: opening a device can do things,
    /// and a FIFO would wait for ever.
    init(_ entry: OwnedDescriptor, named name: String) throws(PathError) {
        let status: stat
        do { status = try entry.status() } catch {
            throw .system(action: "Looking at", path: name, errno: error.number)
        }
        switch try entry.kind(named: name) {
        case .file: break
        case .folder: throw .isFolder(path: name)
        case .special: throw .special(path: name)
        }
        guard status.st_size <= ToolLimits.maximumFileBytes else {
            throw .tooLarge(path: name, bytes: Int(status.st_size))
        }
        // By the descriptor, not by the name: this is the file that was checked.
        let number = unsafe open(
            "/proc/self/fd/\(entry.number)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else {
            throw .system(action: "Reading", path: name, errno: errno)
        }
        let file = OwnedDescriptor(number)
        bytes = try Self.readAll(file, named: name)
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        reading = FileReading(stamp: FileStamp(status), digest: Digest(of: bytes))
    }

    private static func readAll(
        _ file: OwnedDescriptor, named name: String
    ) throws(PathError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(file.number, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(action: "Reading", path: name, errno: errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            // It may grow while it is read.
            guard bytes.count <= ToolLimits.maximumFileBytes else {
                throw .tooLarge(path: name, bytes: bytes.count)
            }
        }
    }

    /// Whether this is no text: such files hold NUL bytes early.
    var isBinary: Bool { bytes.prefix(8_192).contains(0) }
}
