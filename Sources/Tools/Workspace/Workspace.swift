import CLinux
import Glibc
import System

/// The folder that a session's tools work in, held open, with what the session's files tools know.
///
/// What is held is the folder: whoever moves it, or puts another one or a link in its place, changes
/// nothing for the run. From any thread; its calls block on the file system. One of a session.
public final class Workspace: Sendable {
    /// The real path, without links, when it was opened.
    public let root: String
    /// Whether commands may reach the network when they may write.
    public let allowsNetwork: Bool
    /// Where long outputs are kept: outside of the workspace, readable for the session.
    public let outputs: KeptOutputs

    let guards: Guards
    /// The folder itself (`O_PATH`).
    let directory: OwnedDescriptor
    /// What git needs besides the folder.
    let gitFolders: [GitFolder]
    let placeholders = KeptPlaceholders()
    private let place: RealPath

    /// What a workspace allows beyond the rule.
    public struct Permissions: Sendable {
        /// Whether what runs later outside, such as git hooks, may be changed.
        public var startupFiles: Bool
        public var network: Bool

        public init(startupFiles: Bool = false, network: Bool = false) {
            self.startupFiles = startupFiles
            self.network = network
        }
    }

    /// Opens a workspace.
    /// - Parameters:
    ///   - path: an absolute path of a folder, without a link anywhere in it.
    ///   - workingDirectory: the session's own folder within; relative to the workspace, or absolute.
    ///   - outputFolder: a folder of this session alone, made if it isn't there (mode 700).
    ///   - reserved: the product's own folders; nil for a folder that is Switchboard's own.
    public init(
        path: String, workingDirectory: String? = nil, outputFolder: String,
        reserved: ReservedFolders?, allows permissions: Permissions = Permissions()
    ) throws(WorkspaceError) {
        let base = try WorkspaceFolder(path)
        guard !base.isOfTheSystem, reserved?.overlap(base.place) != true,
            reserved?.overlap(base.entry) != true
        else { throw .forbidden(path: base.place.text) }
        let own = try Self.folder(workingDirectory, in: base)
        directory = own.entry
        place = own.place
        root = own.place.text
        allowsNetwork = permissions.network
        // A folder that was hidden under another name is no working directory either.
        let above = try Guards(
            base.entry, at: base.place, allowsStartupFiles: permissions.startupFiles)
        guard !above.hides(own.entry) else { throw .guarded(path: own.place.text, when: nil) }
        guards = try Guards(
            own.entry, at: own.place, allowsStartupFiles: permissions.startupFiles)
        gitFolders = GitFolder.find(for: own, reserved: reserved)
        outputs = try KeptOutputs(folder: outputFolder)
    }

    private static func folder(
        _ name: String?, in base: WorkspaceFolder
    ) throws(WorkspaceError) -> WorkspaceFolder {
        guard let name, !name.isEmpty else { return base }
        guard name.utf8.first == UInt8(ascii: "/") else {
            let parts = RealPath(name).parts.filter { $0 != "." }
            guard !parts.contains("..") else { throw .notWithin(path: name) }
            return try base.folder(parts, named: name)
        }
        guard let parts = RealPath(name).parts(below: base.place), !parts.contains("..") else {
            throw .notWithin(path: name)
        }
        return try base.folder(parts, named: name)
    }

    /// The folder's descriptor (`O_PATH`), for walks and opens beneath it.
    var descriptor: Int32 { directory.number }

    /// The path relative to the workspace, for one that a call named; nothing is looked up.
    ///
    /// Without `.`, `..` and empty components: `a/../b` is `b`, as people read it.
    func relative(_ path: String) throws(PathError) -> String {
        var named = RealPath(path).parts
        if path.utf8.first == UInt8(ascii: "/") {
            guard let below = RealPath(path).parts(below: place) else {
                throw .outside(path: path)
            }
            named = below
        } else if named.first == "~" {
            throw .outside(path: path)
        }
        var parts: [String] = []
        for part in named where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                throw .outside(path: path)
            }
        }
        return parts.joined(separator: "/")
    }

    /// The absolute path of one that is relative to the workspace.
    func absolute(_ relative: String) -> String { relative.isEmpty ? root : "\(root)/\(relative)" }

    /// Opens what a call named, following links that stay within; checked on the open descriptor.
    /// - Returns: the descriptor (`O_PATH`), and where it really is, relative to the workspace.
    func locate(_ path: String) throws(PathError) -> (entry: OwnedDescriptor, path: String) {
        let relative = try relative(path)
        let opened = Beneath.open(
            relative, in: descriptor, flags: OpenFlags.path, links: .follow)
        switch opened {
        case .failure(let error): throw PathError(error, path: path)
        // What stands for a missing file while commands run is none.
        case .success(let entry) where Placeholders.kind(of: entry) != nil:
            throw .notFound(path: path)
        case .success(let entry): return (entry, try place(of: entry, named: path))
        }
    }

    /// Where an open descriptor really is, relative to the workspace; refused if that is hidden.
    func place(of entry: OwnedDescriptor, named name: String) throws(PathError) -> String {
        // Both by the kernel's words of now: the workspace itself may have been moved.
        guard let path = entry.path(), let base = directory.path(),
            let parts = RealPath(path).parts(below: RealPath(base))
        else { throw .outside(path: name) }
        try guards.check(parts, named: name)
        let folder = entry.isFolder ? entry : try parent(parts, holding: entry, named: name)
        guard !guards.hides(folder), !guards.hides(file: entry) else { throw .hidden(path: name) }
        return parts.joined(separator: "/")
    }

    /// The folder in which an entry was found, and still is: its name alone proves nothing.
    private func parent(
        _ parts: [String], holding entry: OwnedDescriptor, named name: String
    ) throws(PathError) -> OwnedDescriptor {
        let look = GuardedLook(folder: directory)
        guard let parent = look.open(parts.dropLast(), links: .refuse),
            let found = GuardedLook(folder: parent).open(Array(parts.suffix(1)), links: .refuse),
            found.identity == entry.identity
        else { throw .changedMeanwhile(path: name) }
        return parent
    }

    /// Refuses what is hidden, by its path alone.
    func check(_ relative: String, named name: String) throws(PathError) {
        try guards.check(RealPath(relative).parts, named: name)
    }

    /// Refuses a change of what is hidden or runs later outside, in this open folder.
    func checkChange(
        _ relative: String, in folder: OwnedDescriptor? = nil, named name: String
    ) throws(PathError) {
        let parts = RealPath(relative).parts
        try guards.check(parts, named: name)
        if let folder, guards.hides(folder) { throw .hidden(path: name) }
        try guards.checkChange(parts, in: folder, named: name)
    }
}
