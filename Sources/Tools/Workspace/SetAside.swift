import CLinux
import Glibc
import System

/// Something that would have run later, under a name that nothing looks for.
struct SetAside: Sendable, Equatable {
    /// Where it was, relative to the workspace or to git's folder outside of it.
    let path: String
    /// The name that it has now, in the same folder.
    let name: String
    let reason: String

    /// Begins what is put behind a name: no shell, editor or git reads files that end so.
    static let mark = ".set-aside"

    /// Renames it, over nothing.
    ///
    /// Nil if it is gone.
    init?(
        _ parts: [String], in folder: OwnedDescriptor, because reason: String
    ) throws(PathError) {
        path = parts.joined(separator: "/")
        self.reason = reason
        guard let old = parts.last,
            let parent = GuardedLook(folder: folder).open(parts.dropLast(), links: .refuse)
        else { return nil }
        // Cut where the file system takes no longer name.
        let stem = String(decoding: old.utf8.prefix(200), as: UTF8.self)
        for number in 1..<ToolLimits.maximumSetAside {
            let new = stem + Self.mark + (number == 1 ? "" : "-\(number)")
            if unsafe switchboard_rename_new(parent.number, old, new) == 0 {
                name = new
                return
            }
            if errno == ENOENT { return nil }
            guard errno == EEXIST else { break }
        }
        throw .system(action: "Renaming", path: path, errno: errno)
    }
}

extension StartupReview.Outcome {
    /// What the model is told; empty where there is nothing to tell.
    var note: String {
        var lines: [String] = []
        if !setAside.isEmpty {
            let shown = setAside.prefix(20).map { "\($0.path) → \($0.name): \($0.reason)" }
            let more = setAside.count > 20 ? ["… and \(setAside.count - 20) more"] : []
            lines.append(
                "(Set aside, for these would run later, outside of the sandbox:\n"
                    + (shown + more).joined(separator: "\n")
                    + "\nThe workspace's allowsStartupFiles would let them be: an admin sets it, or "
                    + "a person renames them after reading.)")
        }
        if let gap {
            lines.append(
                "(The workspace could not be looked through for what would run later, outside of "
                    + "the sandbox: \(gap). Until that changes no command that may write runs "
                    + "here. Remove what is too much, work in a folder below, or have an admin set "
                    + "the workspace's allowsStartupFiles.)")
        }
        return lines.joined(separator: "\n")
    }
}
