import CLinux
import Glibc
import System

/// Finds in every folder what runs later, as far as one looks; the nearest first.
struct StartupWalk {
    /// What was found.
    enum Find {
        /// Something of a name that counts in every folder.
        case name([String], GuardedName)
        /// A folder that git takes for a repository though it is not called `.git`.
        case repository([String])
    }

    /// Why not everything was looked at.
    enum Gap: Sendable, Equatable {
        case tooMany
        case tooDeep(String)
        case tooLong
        /// A folder of this user's whose name is no UTF-8, or that it cannot read.
        case closed(String)
    }

    /// Nil where everything was looked at.
    private(set) var gap: Gap?

    private let folder: OwnedDescriptor
    private let end = ContinuousClock.now + ToolLimits.guardedTime
    private var looked = 0
    private var found: [Find] = []

    private static let names = GuardedName.startup.filter { $0.isAnywhere && $0.parts.count == 1 }
    /// Folders of packages: many, and nobody works in them.
    private static let skipped: Set<String> = ["node_modules", ".build", "target", ".venv"]

    init(_ folder: OwnedDescriptor) { self.folder = folder }

    /// Everything beneath the folder, and at its top.
    mutating func finds() -> [Find] {
        var waiting: [[String]] = [[]]
        var next = 0
        while next < waiting.count {
            let parts = waiting[next]
            next += 1
            guard looked < ToolLimits.maximumGuardedEntries else { return stopped(.tooMany) }
            guard ContinuousClock.now < end else { return stopped(.tooLong) }
            let below = folders(in: parts)
            guard below.isEmpty || parts.count < ToolLimits.maximumGuardedDepth else {
                note(.tooDeep(parts.joined(separator: "/")))
                continue
            }
            waiting += below.map { parts + [$0] }
        }
        return found
    }

    private mutating func stopped(_ gap: Gap) -> [Find] {
        note(gap)
        return found
    }

    private mutating func note(_ gap: Gap) { self.gap = self.gap ?? gap }

    private mutating func folders(in parts: [String]) -> [String] {
        let look = GuardedLook(folder: folder)
        let path = parts.joined(separator: "/")
        guard let entry = look.open(parts, links: .refuse) else { return [] }
        guard let names = Self.entries(of: entry) else {
            // What another user keeps to itself, no command could change either.
            if (try? entry.status())?.st_uid == geteuid() { note(.closed(path)) }
            return []
        }
        var folders: [String] = []
        var marks: Set<String> = []
        for (name, isFolder) in names {
            looked += 1
            guard let name else {
                if isFolder { note(.closed("A folder in \(path.isEmpty ? "." : path)")) }
                continue
            }
            switch name.utf8.first {
            case UInt8(ascii: "."):
                guard let guarded = Self.names.first(where: { $0.covers([name]) }) else { break }
                found.append(.name(parts + [name], guarded))
                continue
            case UInt8(ascii: "H"), UInt8(ascii: "o"), UInt8(ascii: "r"), UInt8(ascii: "c"):
                if Self.marks.contains(name) { marks.insert(name) }
            default: break
            }
            if isFolder, !Self.skipped.contains(name) { folders.append(name) }
        }
        // As git itself tells a repository (is_git_directory).
        let isRepository =
            marks.contains("HEAD")
            && (marks.contains("commondir") || marks.isSuperset(of: ["objects", "refs"]))
        guard isRepository else { return folders }
        found.append(.repository(parts))
        // Nobody works in it, and what it holds is many.
        return folders.filter { !Self.contents.contains($0) }
    }

    private static let marks: Set<String> = ["HEAD", "objects", "refs", "commondir"]
    private static let contents: Set<String> = ["objects", "refs", "logs"]

    /// Names and whether they are folders; nil where the folder can't be read.
    ///
    /// A name that is no UTF-8 is nil: no path of ours leads there.
    static func entries(of folder: OwnedDescriptor) -> [(name: String?, isFolder: Bool)]? {
        let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        guard let stream = unsafe fdopendir(number) else {
            close(number)
            return nil
        }
        defer { unsafe closedir(stream) }
        var entries: [(name: String?, isFolder: Bool)] = []
        while entries.count <= ToolLimits.maximumGuardedEntries, let entry = unsafe readdir(stream)
        {
            let (name, isFolder) = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    let kind = unsafe Int(entry.pointee.d_type)
                    let isUnknown = kind == DT_UNKNOWN
                    let isFolder =
                        isUnknown ? unsafe Self.isFolder(name, in: number) : kind == DT_DIR
                    return unsafe (String(validatingCString: name), isFolder)
                }
            }
            if name != ".", name != ".." { entries.append((name, isFolder)) }
        }
        return entries
    }

    /// For file systems that don't say so with the name.
    private static func isFolder(_ name: UnsafePointer<CChar>, in folder: Int32) -> Bool {
        var status = stat()
        return unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension StartupWalk.Gap: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooMany:
            "it has more than \(ToolLimits.maximumGuardedEntries) names outside of folders of "
                + "packages"
        case .tooDeep(let path):
            "\(path) has folders deeper than \(ToolLimits.maximumGuardedDepth)"
        case .tooLong:
            "looking took longer than \(ToolLimits.guardedTime.components.seconds) s"
        case .closed(let path): "\(path) cannot be read, or its name is no UTF-8"
        }
    }
}
