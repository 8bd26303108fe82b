import System

/// Finds what is guarded in every folder, as far as one looks.
struct GuardedScan {
    private let folder: OwnedDescriptor

    init(_ folder: OwnedDescriptor) { self.folder = folder }

    /// What is there beneath the top, nearest first, and why that may not be all.
    func entries() -> (found: [GuardedEntry], gap: StartupWalk.Gap?) {
        var walk = StartupWalk(folder)
        let look = GuardedLook(folder: folder)
        let found = walk.finds().flatMap { find -> [GuardedEntry] in
            switch find {
            // Those at the top are looked for by name.
            case .name(let parts, _) where parts.count == 1: []
            case .name(let parts, .git):
                GitGuards(folder: folder).entries(Array(parts.dropLast()))
            case .name(let parts, let name): look.entries(parts, name)
            case .repository(let parts):
                look.open(parts, links: .refuse).map { GitGuards.entries(of: $0, at: parts) } ?? []
            }
        }
        return (found, walk.gap)
    }

    /// Names that are UTF-8, and whether they are folders.
    static func names(of folder: OwnedDescriptor) -> [(String, isFolder: Bool)] {
        (StartupWalk.entries(of: folder) ?? []).compactMap { entry in
            entry.name.map { ($0, entry.isFolder) }
        }
    }
}
