import Glibc
import System

/// What is behind a name, as far as tools care.
enum EntryKind { case file, folder, special }

extension OwnedDescriptor {
    /// What it is; a FIFO, device or socket is never opened to find out.
    func kind(named name: String) throws(PathError) -> EntryKind {
        let status: stat
        do { status = try self.status() } catch {
            throw .system(action: "Looking at", path: name, errno: error.number)
        }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .special
        }
    }
}

extension String {
    /// Cut at its slashes as the kernel does, byte by byte: to Swift, a slash before a combining
    /// mark is no slash.
    var pathComponents: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }
}
