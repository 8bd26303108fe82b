import CLinux
import Glibc
import System

/// Looks, when a command has ended, for what it made that would run later, outside of the sandbox.
///
/// What was there before was read-only to the command, at the top also what was not: but beneath, a
/// command can make a folder and in it a repository with hooks. Nothing of the sandbox lives any
/// more when this looks. It leaves what is inert, and renames what is not beside itself.
struct StartupReview: Sendable {
    /// What the review found.
    struct Outcome: Sendable {
        /// Paths in the workspace, and why.
        var setAside: [SetAside] = []
        /// Why it is not known whether there is more.
        var gap: String?
        /// Folders of git, each looked at once: they may name each other in a circle.
        fileprivate var repositories: Set<FileIdentity> = []
    }

    /// The workspace.
    let folder: OwnedDescriptor
    /// Its path, which absolute paths in git's files begin with.
    let root: RealPath
    /// What the command could only read.
    let known: Set<FileIdentity>
    /// Git's folders outside of the workspace, in which it could write.
    let gitFolders: [GitFolder]

    /// Blocks on files, for two looks like that before the command.
    func run() -> Outcome {
        var outcome = Outcome()
        for git in gitFolders { review(git.entry, folder: git.entry, at: [], &outcome) }
        var walk = StartupWalk(folder)
        let finds = walk.finds()
        outcome.gap = walk.gap.map { "\($0)" }
        let look = GuardedLook(folder: folder)
        for find in finds {
            guard outcome.setAside.count < ToolLimits.maximumSetAside else {
                outcome.gap = "it has too much that would run later"
                return outcome
            }
            switch find {
            case .repository(let parts):
                look.open(parts, links: .refuse).map {
                    review($0, folder: folder, at: parts, &outcome)
                }
            case .name(let parts, let name):
                guard let entry = look.open(parts, links: .refuse), isNew(entry) else { continue }
                name == .git
                    ? reviewGit(entry, at: parts, &outcome)
                    : reviewNamed(entry, at: parts, name, &outcome)
            }
        }
        return outcome
    }

    private func isNew(_ entry: OwnedDescriptor) -> Bool {
        entry.identity.map { !known.contains($0) } ?? true
    }

    private func reviewNamed(
        _ entry: OwnedDescriptor, at parts: [String], _ name: GuardedName, _ outcome: inout Outcome
    ) {
        // An empty folder says nothing to anybody.
        if entry.isFolder, StartupWalk.entries(of: entry)?.isEmpty == true { return }
        let moment = name.moment.map { "it runs when \($0)" } ?? "it is a credential's place"
        setAside(parts, in: folder, because: moment, &outcome)
    }

    /// A `.git`: a repository's folder, the file that names one, or a link.
    private func reviewGit(
        _ entry: OwnedDescriptor, at parts: [String], _ outcome: inout Outcome
    ) {
        if entry.isFolder { return review(entry, folder: folder, at: parts, &outcome) }
        // What it names is looked at by its own name, or known from before.
        let above = Array(parts.dropLast())
        guard !entry.isLink, let named = line(of: entry), named.hasPrefix("gitdir: "),
            isRepositoryHere(String(named.dropFirst("gitdir: ".utf8.count)), from: above, &outcome)
        else {
            return setAside(
                parts, in: folder, because: "git would take settings and hooks from elsewhere",
                &outcome)
        }
    }

    /// Settings, hooks and what they are shared with, of git's folder and of those in it.
    /// - Parameter top: what the names lead from.
    private func review(
        _ git: OwnedDescriptor, folder top: OwnedDescriptor, at parts: [String],
        _ outcome: inout Outcome
    ) {
        guard let identity = git.identity, outcome.repositories.insert(identity).inserted else {
            return
        }
        for entry in GitGuards.entries(of: git, at: parts) {
            guard outcome.setAside.count < ToolLimits.maximumSetAside else { return }
            let found: OwnedDescriptor
            switch entry.found {
            case .entry(let entry): found = entry
            case .link(let link):
                if isNew(link) {
                    setAside(
                        entry.parts, in: top, because: "a link leads git elsewhere", &outcome)
                }
                continue
            case .blocked, .missing: continue
            }
            guard isNew(found), let name = entry.parts.last else { continue }
            switch name {
            case "hooks": reviewHooks(found, at: entry.parts, in: top, &outcome)
            case "commondir": reviewShared(found, at: entry.parts, in: top, &outcome)
            default: reviewSettings(found, at: entry.parts, in: top, &outcome)
            }
        }
    }

    private func reviewSettings(
        _ file: OwnedDescriptor, at parts: [String], in top: OwnedDescriptor,
        _ outcome: inout Outcome
    ) {
        let bytes = try? FileContent(file, named: "config").bytes
        let dangers = bytes.map { GitConfig($0, depth: parts.count - 1).dangers } ?? ["no file"]
        guard !dangers.isEmpty else { return }
        let words = dangers.prefix(3).joined(separator: ", ") + (dangers.count > 3 ? ", …" : "")
        setAside(
            parts, in: top, because: "it holds settings that may run programs: \(words)", &outcome)
    }

    private func reviewHooks(
        _ hooks: OwnedDescriptor, at parts: [String], in top: OwnedDescriptor,
        _ outcome: inout Outcome
    ) {
        let names = hooks.isFolder ? StartupWalk.entries(of: hooks) : nil
        // Git looks for certain names only, of which none is a folder's or ends so.
        for (name, isFolder) in names ?? [] where !isFolder {
            guard outcome.setAside.count < ToolLimits.maximumSetAside else { return }
            guard let name, !name.hasSuffix(".sample"), !name.contains(SetAside.mark) else {
                continue
            }
            setAside(parts + [name], in: top, because: "it is a hook of git", &outcome)
        }
        guard names == nil else { return }
        setAside(parts, in: top, because: "it is in the place of git's hooks", &outcome)
    }

    /// Which repository a worktree's folder belongs to.
    private func reviewShared(
        _ file: OwnedDescriptor, at parts: [String], in top: OwnedDescriptor,
        _ outcome: inout Outcome
    ) {
        // Of a repository outside, what it is was decided when the run began.
        let isOutside = top.identity != folder.identity
        let named = line(of: file)
        let isUsual = named == "../.." && parts.dropLast(2).last == "worktrees" || named == "."
        if isUsual && isOutside { return }
        guard let named, !isOutside,
            isRepositoryHere(named, from: Array(parts.dropLast()), &outcome)
        else {
            return setAside(
                parts, in: top, because: "git would take settings and hooks from elsewhere",
                &outcome)
        }
    }

    /// Whether a path in one of git's files leads to a repository in the workspace, which is
    /// reviewed then, or to one outside that was shown to the command.
    private func isRepositoryHere(
        _ path: String, from parts: [String], _ outcome: inout Outcome
    ) -> Bool {
        var place = path.utf8.first == UInt8(ascii: "/") ? [] : root.parts + parts
        for part in RealPath(path).parts where part != "." {
            if part != ".." { place.append(part) } else if place.popLast() == nil { return false }
        }
        let target = RealPath(parts: place)
        if gitFolders.contains(where: { target.isWithin($0.place) }) { return true }
        guard let within = target.parts(below: root), let git = openFolder(within) else {
            return false
        }
        review(git, folder: folder, at: within, &outcome)
        return true
    }

    private func openFolder(_ parts: [String]) -> OwnedDescriptor? {
        guard let found = GuardedLook(folder: folder).open(parts, links: .refuse), found.isFolder
        else { return nil }
        return found
    }

    private func line(of entry: OwnedDescriptor) -> String? {
        // Not readable: not what git writes.
        let bytes = try? FileContent(entry, named: ".git").bytes
        guard let bytes, bytes.count <= 4_096 else { return nil }
        return bytes.split(separator: 0x0A).first
            .flatMap { String(validating: $0, as: UTF8.self) }
    }

    private func setAside(
        _ parts: [String], in top: OwnedDescriptor, because reason: String,
        _ outcome: inout Outcome
    ) {
        do throws(PathError) {
            guard let moved = try SetAside(parts, in: top, because: reason) else { return }
            outcome.setAside.append(moved)
        } catch {
            outcome.gap = "setting aside failed: \(error)"
        }
    }
}
