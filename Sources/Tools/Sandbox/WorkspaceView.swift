import Glibc
import Stage
import System

/// What a sandbox is shown of a workspace, and what holds it so until the command has ended.
struct WorkspaceView: Sendable {
    /// The workspace, its outputs, and git's folders outside of it.
    let folders: [StagedFolder]
    /// Looks at the workspace when the command has ended; nil where it may make anything or nothing.
    let review: StartupReview?
    private let placeholders: [Placeholders]

    /// The view of a workspace as it now is; throws where something in it can't be guarded.
    ///
    /// Some hundred system calls, and up to ``ToolLimits/maximumGuardedEntries`` names read.
    init(of workspace: Workspace, access: SandboxAccess) throws(PathError) {
        guard let status = try? workspace.directory.status(), status.st_nlink > 0 else {
            throw .notFound(path: workspace.root)
        }
        var plan = GuardPlan()
        let isWritable = access == .writable
        let placeholders =
            isWritable ? workspace.placeholders.placeholders(in: workspace.directory) : nil
        let git = try Self.git(workspace, isWritable: isWritable)
        self.placeholders = git.placeholders + [placeholders].compactMap { $0 }
        for (parts, entry) in try workspace.guards.hiddenNow() {
            guard !parts.isEmpty else { throw .hidden(path: workspace.root) }
            plan.set(.hide, parts, entry)
            if isWritable { plan.pin(above: parts, in: workspace.directory) }
        }
        for entry in workspace.guards.entries() {
            try Self.wall(entry, workspace.directory, placeholders, &plan)
            if isWritable { plan.pin(above: entry.parts, in: workspace.directory) }
        }
        if isWritable, !workspace.guards.allowsStartupFiles {
            let scan = GuardedScan(workspace.directory).entries()
            if let gap = scan.gap { throw .unguarded("\(gap)") }
            for entry in scan.found {
                try Self.wall(entry, workspace.directory, placeholders, &plan)
                // Found again under any name of the folders above, so that those may be moved.
                guard let git = entry.parts.firstIndex(of: ".git") else { continue }
                plan.pin(above: entry.parts, in: workspace.directory, from: git + 1)
            }
            review = StartupReview(
                folder: workspace.directory, root: RealPath(workspace.root),
                known: plan.guarded.union(git.guarded), gitFolders: workspace.gitFolders)
        } else {
            review = nil
        }
        folders =
            [
                StagedFolder(
                    entry: workspace.directory, place: workspace.root, isWritable: isWritable,
                    changes: plan.changes),
                StagedFolder(
                    entry: workspace.outputs.directory, place: workspace.outputs.folder,
                    isWritable: false),
            ]
            + git.folders
    }

    private static func wall(
        _ entry: GuardedEntry, _ folder: OwnedDescriptor, _ placeholders: Placeholders?,
        _ plan: inout GuardPlan
    ) throws(PathError) {
        let isSecret = entry.name.kind == .secret
        guard let placeholders else {
            // Where nothing can be written, only what is secret matters.
            if isSecret, let found = entry.entry { plan.set(.hide, entry.parts, found) }
            return
        }
        switch entry.found {
        case .entry(let found):
            guard let kind = Placeholders.kind(of: found) else {
                return plan.set(isSecret ? .hide : .protect, entry.parts, found)
            }
            try hold(entry.parts, kind, placeholders, &plan, found: found)
        case .missing(let kind): try hold(entry.parts, kind, placeholders, &plan)
        case .blocked(let file): plan.set(.protect, entry.parts, file)
        case .link(let link): plan.set(.hide, entry.parts, link)
        }
    }

    private static func hold(
        _ parts: [String], _ kind: Placeholders.Kind, _ placeholders: Placeholders,
        _ plan: inout GuardPlan, found: OwnedDescriptor? = nil
    ) throws(PathError) {
        guard let made = try placeholders.hold(parts, kind, found: found) else { return }
        plan.set(.protect, parts, made)
    }

    /// Git's folders outside of the workspace.
    private static func git(
        _ workspace: Workspace, isWritable: Bool
    ) throws(PathError) -> (
        folders: [StagedFolder], placeholders: [Placeholders], guarded: Set<FileIdentity>
    ) {
        var folders: [StagedFolder] = []
        var all: [Placeholders] = []
        var guarded: Set<FileIdentity> = []
        for git in workspace.gitFolders {
            var plan = GuardPlan()
            if isWritable, !workspace.guards.allowsStartupFiles {
                let placeholders = workspace.placeholders.placeholders(in: git.entry)
                all.append(placeholders)
                for entry in GitGuards.entries(of: git.entry, at: []) {
                    try wall(entry, git.entry, placeholders, &plan)
                    plan.pin(above: entry.parts, in: git.entry)
                }
                guarded.formUnion(plan.guarded)
            }
            folders.append(
                StagedFolder(
                    entry: git.entry, place: git.place.text, isWritable: isWritable,
                    changes: plan.changes))
        }
        return (folders, all, guarded)
    }
}
