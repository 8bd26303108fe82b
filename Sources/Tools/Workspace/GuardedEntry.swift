import CLinux
import Glibc
import System

/// Something in a workspace that is guarded, as it was found.
struct GuardedEntry: Sendable {
    /// Relative to the workspace.
    let parts: [String]
    let name: GuardedName
    let found: Found

    enum Found: Sendable {
        /// It is there; by the entry itself (`O_PATH`).
        case entry(OwnedDescriptor)
        /// It, or a folder above it, is a link.
        case link(OwnedDescriptor)
        /// A file stands where a folder on the way to it would be.
        case blocked(OwnedDescriptor)
        /// It is not there; a part of its path may be.
        case missing(Placeholders.Kind)
    }

    /// What is there, unless that is a link or nothing.
    var entry: OwnedDescriptor? {
        if case .entry(let entry) = found { entry } else { nil }
    }
}

/// Looks in a folder for what is guarded.
struct GuardedLook {
    let folder: OwnedDescriptor

    /// What a name stands for, link by link: the links in its way, and what they lead to within.
    func entries(_ parts: [String], _ name: GuardedName) -> [GuardedEntry] {
        var found: [GuardedEntry] = []
        var depth = 1
        while depth <= parts.count {
            let head = Array(parts.prefix(depth))
            guard let entry = open(head, links: .refuse) else {
                return found + [GuardedEntry(parts: parts, name: name, found: .missing(.folder))]
            }
            guard !entry.isLink else {
                found.append(GuardedEntry(parts: head, name: name, found: .link(entry)))
                // What leads out is nothing in the sandbox.
                if let target = open(parts, links: .follow), let place = place(of: target) {
                    found.append(GuardedEntry(parts: place, name: name, found: .entry(target)))
                }
                return found
            }
            if depth < parts.count, !entry.isFolder {
                return found + [GuardedEntry(parts: head, name: name, found: .blocked(entry))]
            }
            if depth == parts.count {
                found.append(GuardedEntry(parts: head, name: name, found: .entry(entry)))
            }
            depth += 1
        }
        return found
    }

    /// Where something is beneath the folder; nil where it is not, or has no name in UTF-8.
    func place(of entry: OwnedDescriptor) -> [String]? {
        guard let path = entry.path(), let base = folder.path() else { return nil }
        return RealPath(path).parts(below: RealPath(base))
    }

    func open(_ parts: [String], links: Beneath.Links) -> OwnedDescriptor? {
        let flags = links == .refuse ? OpenFlags.path | O_NOFOLLOW : OpenFlags.path
        let opened = Beneath.open(
            parts.joined(separator: "/"), in: folder.number, flags: flags, links: links)
        guard case .success(let entry) = opened else { return nil }
        return entry
    }
}

extension OwnedDescriptor {
    /// Whether a symbolic link itself is behind it.
    var isLink: Bool {
        guard let status = try? status() else { return false }
        return status.st_mode & S_IFMT == S_IFLNK
    }
}
