import CLinux
import Glibc
import System

/// A folder of git outside of a workspace that the workspace's own `.git` file names.
///
/// A worktree's file names `…/.git/worktrees/NAME`, a submodule's `…/.git/modules/NAME`. It is shown
/// only if it belongs to this workspace in its own words, which a `.git` file that somebody wrote
/// can't forge: a worktree's folder names the file back, a submodule's settings the folder.
struct GitFolder: Sendable {
    /// Held since the run began.
    let entry: OwnedDescriptor
    let place: RealPath

    static func find(for workspace: WorkspaceFolder, reserved: ReservedFolders?) -> [GitFolder] {
        guard let file = line(".git", of: workspace), let path = value(of: "gitdir: ", in: file),
            let git = resolved(path, from: workspace),
            let common = commonFolder(of: git, for: workspace),
            common.place.parts(below: workspace.place) == nil,
            !common.isOfTheSystem, reserved?.overlap(common.place) != true,
            reserved?.overlap(common.entry) != true
        else { return [] }
        return [GitFolder(entry: common.entry, place: common.place)]
    }

    /// What git needs of a worktree's or a submodule's folder; nil where it is neither's.
    private static func commonFolder(
        of git: WorkspaceFolder, for workspace: WorkspaceFolder
    ) -> WorkspaceFolder? {
        let parts = git.place.parts
        if parts.count > 2, parts[parts.count - 2] == "worktrees" {
            guard line("commondir", of: git) == "../..", namesBack(git, workspace),
                let common = resolved("../..", from: git), isRepository(common)
            else { return nil }
            return common
        }
        let settings = content("config", of: git).map { GitSettings($0).values } ?? []
        guard isRepository(git), let named = settings.last(where: { $0.key == "worktree" })?.value,
            resolved(named, from: git)?.entry.identity == workspace.entry.identity
        else { return nil }
        return git
    }

    private static func namesBack(_ git: WorkspaceFolder, _ workspace: WorkspaceFolder) -> Bool {
        guard let named = line("gitdir", of: git), RealPath(named).parts.last == ".git" else {
            return false
        }
        let folder = RealPath(parts: RealPath(named).parts.dropLast()).text
        return resolved(folder, from: git)?.entry.identity == workspace.entry.identity
    }

    private static func isRepository(_ git: WorkspaceFolder) -> Bool {
        let look = GuardedLook(folder: git.entry)
        return ["objects", "refs"].allSatisfy { look.open([$0], links: .refuse)?.isFolder == true }
    }

    /// A path in git's files, without a link in it; nil where no folder is there.
    private static func resolved(_ path: String, from folder: WorkspaceFolder) -> WorkspaceFolder? {
        var parts = path.utf8.first == UInt8(ascii: "/") ? [] : folder.place.parts
        for part in RealPath(path).parts where part != "." {
            if part != ".." { parts.append(part) } else { _ = parts.popLast() }
        }
        return try? WorkspaceFolder(RealPath(parts: parts).text)  // Not usable: not shown.
    }

    private static func content(_ name: String, of folder: WorkspaceFolder) -> [UInt8]? {
        GuardedLook(folder: folder.entry).open([name], links: .refuse)
            .flatMap { try? FileContent($0, named: name).bytes }  // Not readable: not shown.
    }

    private static func line(_ name: String, of folder: WorkspaceFolder) -> String? {
        content(name, of: folder)?.split(separator: 0x0A).first
            .flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func value(of prefix: String, in line: String) -> String? {
        line.utf8.starts(with: prefix.utf8) ? String(line.dropFirst(prefix.count)) : nil
    }
}
