import CLinux
import Glibc

/// Walks a folder and what is beneath it through open descriptors; links are not followed.
struct FolderWalk {
    /// One regular file, or something else that is no folder.
    struct Entry: Equatable {
        /// Relative to where the walk began.
        let path: String
        /// `mtime` in nanoseconds.
        let modified: Int64
    }

    /// Why the walk ended.
    enum End: Equatable { case complete, tooMany, cancelled }

    /// Whether to go into a folder; gets its path.
    let enters: (String) -> Bool
    /// Whether an entry is wanted; gets its path.
    let wants: (String) -> Bool
    let isCancelled: () -> Bool
    private(set) var found: [Entry] = []
    private var looked = 0

    init(
        enters: @escaping (String) -> Bool, wants: @escaping (String) -> Bool,
        isCancelled: @escaping () -> Bool
    ) {
        self.enters = enters
        self.wants = wants
        self.isCancelled = isCancelled
    }

    /// Walks from an open folder, which stays the caller's.
    mutating func run(from folder: OwnedDescriptor) -> End {
        walk(folder, path: "", depth: 0)
    }

    private mutating func walk(_ folder: OwnedDescriptor, path: String, depth: Int) -> End {
        var folders: [String] = []
        for name in Self.names(folder) {
            looked += 1
            if looked > ToolLimits.maximumGlobEntries { return .tooMany }
            if isCancelled() { return .cancelled }
            var status = stat()
            // Gone since it was listed: then it isn't there.
            guard unsafe fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                continue
            }
            let entry = path.isEmpty ? name : "\(path)/\(name)"
            if status.st_mode & S_IFMT == S_IFDIR {
                if enters(entry) { folders.append(name) }
            } else if wants(entry) {
                found.append(Entry(path: entry, modified: FileStamp(status).modified))
            }
        }
        guard depth < ToolLimits.maximumGlobDepth else { return .complete }
        for name in folders {
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let number = unsafe openat(folder.number, name, flags)
            // Not readable, or no folder any more: nothing of it is found.
            guard number >= 0 else { continue }
            let end = walk(
                OwnedDescriptor(number), path: path.isEmpty ? name : "\(path)/\(name)",
                depth: depth + 1)
            if end != .complete { return end }
        }
        return .complete
    }

    private static func names(_ folder: OwnedDescriptor) -> [String] {
        // A stream owns its descriptor, and an O_PATH one can't be listed.
        let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = unsafe fdopendir(number) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count <= ToolLimits.maximumGlobEntries, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
