import CLinux
import Glibc
import Synchronization
import System

/// What holds the names of guarded files which are not there, while a command runs.
///
/// The kernel can protect only what exists. An empty folder can be taken away without loss, and git
/// sees none; in git's own folder it is a file that changes nothing. Commands of several sessions
/// and workers share one: each holds a shared lock on it, and who gets the exclusive one removes it.
/// A workspace keeps its own for the commands that follow at once (``KeptPlaceholders``). A mode that nobody else gives tells one that a killed worker left.
final class Placeholders: Sendable {
    enum Kind: Sendable, Equatable {
        case folder
        case file(String)

        /// Also of a folder made above one.
        static let markAbove: mode_t = 0o1755

        var mark: mode_t { self == .folder ? 0o1555 : 0o1444 }
        fileprivate var type: mode_t { self == .folder ? S_IFDIR : S_IFREG }
        fileprivate var bytes: Int {
            if case .file(let text) = self { text.utf8.count } else { 0 }
        }
    }

    private typealias Held = (parts: [String], kind: Kind, lock: OwnedDescriptor)

    private let folder: OwnedDescriptor
    /// By the path's bytes.
    private let held = Mutex<[[UInt8]: Held]>([:])

    init(in folder: OwnedDescriptor) { self.folder = folder }

    deinit {
        for (parts, kind, lock) in held.withLock({ $0.values })
        where flock(lock.number, LOCK_EX | LOCK_NB) == 0 { remove(parts, kind) }
    }

    /// Which kind something is that was found; nil where it is no placeholder.
    static func kind(of entry: OwnedDescriptor) -> Kind? {
        [.folder, .file(""), .file(".\n")].first { isOne(entry, $0) }
    }

    /// Makes one, or joins those who hold it already.
    /// - Parameter found: what is there now, if that is a placeholder.
    /// - Returns: what it is; nil where this process, and so the command, can make nothing.
    func hold(
        _ parts: [String], _ kind: Kind, found: OwnedDescriptor?
    ) throws(PathError) -> FileIdentity? {
        let path = parts.joined(separator: "/")
        let key = Array(path.utf8)
        if let identity = found?.identity, held.withLock({ $0[key]?.lock })?.identity == identity {
            return identity
        }
        guard let parent = try parent(of: parts), let name = parts.last else { return nil }
        for _ in 0..<ToolLimits.maximumLooks {
            if !Self.make(name, kind, in: parent), errno != EEXIST {
                guard [EACCES, EPERM, EROFS].contains(errno) else {
                    throw .system(action: "Guarding", path: path, errno: errno)
                }
                return nil
            }
            // Perhaps another one is being made, or was removed just now.
            guard let lock = Self.open(name, in: parent), Self.isOne(lock, kind) else { continue }
            _ = flock(lock.number, LOCK_SH)
            guard Self.open(name, in: parent)?.identity == lock.identity else { continue }
            held.withLock { $0[key] = (parts, kind, lock) }
            return lock.identity
        }
        throw .changedMeanwhile(path: path)
    }

    private static func make(_ name: String, _ kind: Kind, in parent: OwnedDescriptor) -> Bool {
        switch kind {
        case .folder:
            guard unsafe mkdirat(parent.number, name, 0o700) == 0 else { return false }
            _ = open(name, in: parent).map { fchmod($0.number, kind.mark) }
        case .file(let text):
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
            let number = unsafe openat(parent.number, name, flags, 0o600)
            guard number >= 0 else { return false }
            let file = OwnedDescriptor(number)
            _ = file.writeOnce(Array(text.utf8))
            _ = fchmod(file.number, kind.mark)
        }
        return true
    }

    /// The folder that is to hold one; made where it is missing.
    private func parent(of parts: [String]) throws(PathError) -> OwnedDescriptor? {
        var parent = folder
        for (index, part) in parts.dropLast().enumerated() {
            if unsafe mkdirat(parent.number, part, 0o755) == 0 {
                _ = Self.open(part, in: parent).map { fchmod($0.number, Kind.markAbove) }
            } else if [EACCES, EPERM, EROFS].contains(errno) {
                return nil
            }
            guard let next = Self.open(part, in: parent), next.isFolder else {
                throw .changedMeanwhile(path: parts.prefix(index + 1).joined(separator: "/"))
            }
            parent = next
        }
        return parent
    }

    /// With the folders above that were made for it and hold nothing else.
    private func remove(_ parts: [String], _ kind: Kind) {
        var above = parts
        var isGone = { entry in Self.isOne(entry, kind) }
        var flags = kind == .folder ? AT_REMOVEDIR : 0
        while let name = above.popLast() {
            let opened = Beneath.open(
                above.joined(separator: "/"), in: folder.number, flags: OpenFlags.path,
                links: .refuse)
            guard case .success(let parent) = opened, let entry = Self.open(name, in: parent),
                isGone(entry), unsafe unlinkat(parent.number, name, flags) == 0
            else { return }
            isGone = { Self.has(S_IFDIR, Kind.markAbove, $0) != nil }
            flags = AT_REMOVEDIR
        }
    }

    private static func open(_ name: String, in folder: OwnedDescriptor) -> OwnedDescriptor? {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let number = unsafe openat(folder.number, name, flags)
        return number < 0 ? nil : OwnedDescriptor(number)
    }

    private static func isOne(_ entry: OwnedDescriptor, _ kind: Kind) -> Bool {
        guard let bytes = has(kind.type, kind.mark, entry) else { return false }
        return kind == .folder || bytes == kind.bytes
    }

    /// The size of what has this type and mode and is ours; nil for all else.
    private static func has(_ type: mode_t, _ mode: mode_t, _ entry: OwnedDescriptor) -> Int? {
        guard let status = try? entry.status(), status.st_uid == geteuid(),
            status.st_mode & S_IFMT == type, status.st_mode & 0o7777 == mode
        else { return nil }
        return Int(status.st_size)
    }
}
