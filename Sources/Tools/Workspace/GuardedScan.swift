import CLinux
import Glibc
import System

/// Finds what is guarded in every folder, as far as one looks.
struct GuardedScan {
    let folder: OwnedDescriptor
    private var looked = 0
    private var found: [GuardedEntry] = []

    private static let names = GuardedName.startup.filter { $0.isAnywhere && $0.parts.count == 1 }
    /// Folders of packages: many, and nobody works in them.
    private static let skipped: Set<String> = ["node_modules", ".build", "target", ".venv"]

    init(_ folder: OwnedDescriptor) { self.folder = folder }

    /// What is there beneath the top, nearest first, within ``ToolLimits/maximumGuardedEntries``.
    mutating func entries() -> [GuardedEntry] {
        var waiting: [[String]] = [[]]
        while !waiting.isEmpty, looked < ToolLimits.maximumGuardedEntries {
            let parts = waiting.removeFirst()
            for name in folders(in: parts) { waiting.append(parts + [name]) }
        }
        return found
    }

    private mutating func folders(in parts: [String]) -> [String] {
        let look = GuardedLook(folder: folder)
        guard let entry = look.open(parts, links: .refuse) else { return [] }
        var folders: [String] = []
        for (name, isFolder) in Self.names(of: entry) {
            looked += 1
            guard let guarded = Self.names.first(where: { $0.covers([name]) }) else {
                let goesOn = isFolder && parts.count < ToolLimits.maximumGuardedDepth
                if goesOn, !Self.skipped.contains(name) { folders.append(name) }
                continue
            }
            // Those at the top are looked for by name.
            guard !parts.isEmpty else { continue }
            found +=
                guarded == .git
                ? GitGuards(folder: self.folder).entries(parts)
                : look.entries(parts + [name], guarded)
        }
        return folders
    }

    static func names(of folder: OwnedDescriptor) -> [(String, isFolder: Bool)] {
        let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = unsafe fdopendir(number) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [(String, isFolder: Bool)] = []
        while names.count < ToolLimits.maximumGuardedEntries, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            let isFolder = unsafe Int(entry.pointee.d_type) == DT_DIR
            if name != "." && name != ".." { names.append((name, isFolder)) }
        }
        return names
    }
}
