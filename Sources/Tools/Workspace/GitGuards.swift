import CLinux
import Glibc
import System

/// What of git's own folders makes git run programs: settings, hooks, and what settings name.
struct GitGuards {
    /// Of the files that git works on.
    let folder: OwnedDescriptor

    /// Git's folders beneath one (`modules` of submodules) that are looked at.
    private static let maximumModules = 1_000
    /// Settings that are read for the paths in them.
    private static let maximumSettingsBytes = 1_048_576

    /// Of the `.git` in a folder within; nothing where there is none: `git init` is anybody's.
    func entries(_ parts: [String]) -> [GuardedEntry] {
        let own = parts + [".git"]
        let look = GuardedLook(folder: folder)
        guard let entry = look.open(own, links: .refuse) else { return [] }
        guard !entry.isLink else { return [guarded(own, .link(entry))] }
        // A file names a folder: that of a worktree or a submodule.
        guard entry.isFolder else { return [guarded(own, .entry(entry))] }
        return Self.entries(of: entry, at: own) + named(by: entry, look, parts)
    }

    /// With what may stand for each where it is not there, which changes nothing for git: no
    /// settings, no hooks, and the folder itself as the one that worktrees share.
    private static let files: [(name: String, absent: Placeholders.Kind)] = [
        ("config", .file("")), ("config.worktree", .file("")), ("hooks", .folder),
        ("commondir", .file(".\n")),
    ]

    /// Of a folder of git itself.
    /// - Parameter parts: where it is in what is shown.
    static func entries(of git: OwnedDescriptor, at parts: [String]) -> [GuardedEntry] {
        var found: [GuardedEntry] = []
        var waiting = [(git, parts)]
        var count = 0
        while let (folder, parts) = waiting.popLast(), count < maximumModules {
            count += 1
            let look = GuardedLook(folder: folder)
            for (name, kind) in files {
                let place = parts + [name]
                if let entry = look.open([name], links: .refuse) {
                    let what: GuardedEntry.Found = entry.isLink ? .link(entry) : .entry(entry)
                    found.append(GuardedEntry(parts: place, name: .git, found: what))
                } else if look.open(["HEAD"], links: .refuse) != nil {
                    found.append(GuardedEntry(parts: place, name: .git, found: .missing(kind)))
                }
            }
            for name in ["modules", "worktrees"] {
                waiting += folders(in: name, of: look).map { ($0.0, parts + $0.1) }
            }
        }
        return found
    }

    /// Those of submodules, whose names may have slashes, and of worktrees.
    private static func folders(
        in name: String, of look: GuardedLook
    ) -> [(OwnedDescriptor, [String])] {
        var found: [(OwnedDescriptor, [String])] = []
        var waiting = [[name]]
        while let parts = waiting.popLast(), found.count < maximumModules {
            guard let folder = look.open(parts, links: .refuse), folder.isFolder else { continue }
            for (name, _) in GuardedScan.names(of: folder).prefix(maximumModules) {
                let below = parts + [name]
                guard let entry = look.open(below, links: .refuse), entry.isFolder else { continue }
                if GuardedLook(folder: entry).open(["HEAD"], links: .refuse) != nil {
                    found.append((entry, below))
                } else if below.count < 8 {
                    waiting.append(below)
                }
            }
        }
        return found
    }

    /// Whether a file would be a part of a repository that git runs programs by, or would make its
    /// folder one, though that is not called `.git`.
    func governs(_ parts: [String]) -> Bool {
        guard parts.last != "HEAD" else { return true }
        let look = GuardedLook(folder: folder)
        return (1...2).contains { count in
            guard parts.count >= count else { return false }
            let name = parts[parts.count - count]
            return Self.files.contains { $0.name == name } && (count == 1 || name == "hooks")
                && look.open(parts.dropLast(count) + ["HEAD"], links: .follow) != nil
        }
    }

    /// Hooks elsewhere (`core.hooksPath`), and settings that others include.
    private func named(
        by git: OwnedDescriptor, _ look: GuardedLook, _ parts: [String]
    ) -> [GuardedEntry] {
        let settings =
            GuardedLook(folder: git).open(["config"], links: .follow)
            .flatMap { try? FileContent($0, named: "config").bytes } ?? []
        guard settings.count <= Self.maximumSettingsBytes else { return [] }
        var found: [GuardedEntry] = []
        for setting in GitSettings(settings).values {
            switch setting.key {
            case "hookspath":
                guard let path = Self.path(setting.value, from: parts) else { continue }
                found += look.entries(path, .git)
            case "path":
                // What is not there can't be read by git either.
                guard let path = Self.path(setting.value, from: parts + [".git"]) else { continue }
                found += look.entries(path, .git).filter { $0.entry != nil }
            default: continue
            }
        }
        return found
    }

    /// Within the folder; nil for a path that leads elsewhere.
    private static func path(_ text: String, from parts: [String]) -> [String]? {
        guard let first = text.utf8.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "~")
        else { return nil }
        var path = parts
        for part in RealPath(text).parts where part != "." {
            if part != ".." {
                path.append(part)
            } else if path.popLast() == nil {
                return nil
            }
        }
        // The folder itself can't be what is meant.
        return path.isEmpty ? nil : path
    }

    private func guarded(_ parts: [String], _ found: GuardedEntry.Found) -> GuardedEntry {
        GuardedEntry(parts: parts, name: .git, found: found)
    }
}

/// Keys and values of git's settings (git-config(1)), without their sections.
package struct GitSettings {
    /// Keys in lower case.
    package private(set) var values: [(key: String, value: String)] = []

    package init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) {
            // A section may stand before a setting in its line.
            let start = line.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 }
            let isSection = line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "[")
            let setting = isSection ? line[(start ?? line.endIndex)...] : line
            guard let equals = setting.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let blanks: Set<UInt8> = [0x20, 0x09, 0x0D, UInt8(ascii: "\"")]
            let sides = [setting[..<equals], setting[(equals + 1)...]].map { side in
                let trimmed = side.drop(while: blanks.contains).reversed()
                    .drop(while: blanks.contains).reversed()
                return String(decoding: Array(trimmed), as: UTF8.self)
            }
            values.append((sides[0].lowercased(), sides[1]))
        }
    }
}
