import CLinux
import Glibc
import System

/// What of a workspace is hidden from tools, and what they can only read.
///
/// By name, and by what the names stood for when the run began: a hidden folder that was moved since
/// is hidden where it is now. From any thread.
final class Guards: Sendable {
    private let folder: OwnedDescriptor
    /// The names above the folder that count: `.config` for a session that works in it.
    private let names: [(parts: [String], name: GuardedName)]
    /// Hidden when the run began, held so that no number is used again.
    private let hidden: [OwnedDescriptor]
    let allowsStartupFiles: Bool

    /// - Parameter place: the folder's real path.
    init(
        _ folder: OwnedDescriptor, at place: RealPath, allowsStartupFiles: Bool
    ) throws(WorkspaceError) {
        self.folder = folder
        self.allowsStartupFiles = allowsStartupFiles
        var names: [(parts: [String], name: GuardedName)] = []
        for name in GuardedName.secrets + (allowsStartupFiles ? [] : GuardedName.startup) {
            names.append((name.parts, name))
            guard let rest = name.rest(below: place.parts) else { continue }
            guard !rest.isEmpty else { throw .guarded(path: place.text, when: name.moment) }
            names.append((rest, name))
        }
        self.names = names
        let look = GuardedLook(folder: folder)
        hidden = names.filter { $0.name.kind == .secret }
            .flatMap { look.entries($0.parts, $0.name) }.compactMap(\.entry)
    }

    /// Everything guarded by its name at the top, be it there or not.
    func entries() -> [GuardedEntry] {
        let look = GuardedLook(folder: folder)
        return names.filter { $0.name != .git }.flatMap { look.entries($0.parts, $0.name) }
            + (allowsStartupFiles ? [] : GitGuards(folder: folder).entries([]))
    }

    /// Where what was hidden when the run began is now.
    ///
    /// Throws where it has a place that cannot be named: then nothing can be shown.
    func hiddenNow() throws(PathError) -> [(parts: [String], entry: OwnedDescriptor)] {
        guard let base = folder.path() else { throw .outside(path: "The workspace") }
        var found: [(parts: [String], entry: OwnedDescriptor)] = []
        for entry in hidden {
            guard let status = try? entry.status(), status.st_nlink > 0 else { continue }
            guard let path = entry.path() else { throw .hidden(path: "A part of the workspace") }
            if let parts = RealPath(path).parts(below: RealPath(base)) {
                found.append((parts, entry))
            }
        }
        return found
    }

    /// Whether a folder is hidden, or lies in what is.
    func hides(_ folder: OwnedDescriptor) -> Bool {
        folder.isWithin(hiddenIdentities, upTo: self.folder.identity)
    }

    /// Whether a file is one that is hidden, under whatever name.
    func hides(file: OwnedDescriptor) -> Bool {
        file.identity.map(hiddenIdentities.contains) ?? true
    }

    /// Refuses a path by its names.
    func check(_ parts: [String], named name: String) throws(PathError) {
        let isSecret = names.contains {
            $0.name.kind == .secret && $0.parts.count <= parts.count
                && RealPath(parts: parts).parts(below: RealPath(parts: $0.parts)) != nil
        }
        guard !isSecret else { throw .hidden(path: name) }
    }

    /// Refuses a change of what runs later, by its names and by what they stand for.
    func checkChange(
        _ parts: [String], in parent: OwnedDescriptor?, named name: String
    ) throws(PathError) {
        guard !allowsStartupFiles else { return }
        if let moment = moment(of: parts) { throw .startup(path: name, when: moment) }
        guard !GitGuards(folder: folder).governs(parts) else {
            throw .startup(path: name, when: "git is used")
        }
        guard let parent, parent.isWithin(startupIdentities, upTo: folder.identity)
        else { return }
        throw .startup(path: name, when: "something outside starts it")
    }

    /// When a file runs by itself; nil for all others.
    func moment(of parts: [String]) -> String? {
        GuardedName.startup.first { $0.covers(parts) }?.moment
            ?? names.first {
                $0.name.moment != nil
                    && RealPath(parts: parts).parts(below: RealPath(parts: $0.parts)) != nil
            }?.name.moment
    }

    /// What is hidden, under whatever name.
    var hiddenIdentities: Set<FileIdentity> {
        Set(hidden.compactMap(\.identity) + found { $0.kind == .secret })
    }

    private var startupIdentities: Set<FileIdentity> { Set(found { $0.moment != nil }) }

    private func found(_ isWanted: (GuardedName) -> Bool) -> [FileIdentity] {
        let look = GuardedLook(folder: folder)
        return names.filter { isWanted($0.name) }.flatMap { look.entries($0.parts, $0.name) }
            .compactMap { $0.entry?.identity }
    }
}
