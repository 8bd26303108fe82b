import CLinux
import Glibc

/// The folder that a session's tools work in, held open, with what the session's files tools know.
///
/// From any thread; its calls block on the file system. One of a session.
public final class Workspace: Sendable {
    /// The real path, without links.
    public let root: String
    /// Whether commands may reach the network when they may write.
    public let allowsNetwork: Bool
    /// Where long outputs are kept: outside of the workspace, readable for the session.
    public let outputs: KeptOutputs

    /// Real paths within the workspace that stay hidden: state, secrets, people's credentials.
    let hidden: [String]
    private let directory: OwnedDescriptor

    /// Opens a workspace.
    /// - Parameters:
    ///   - path: an absolute path of a folder; links in it are followed once, here.
    ///   - outputFolder: a folder of this session alone, made if it isn't there (mode 700).
    ///   - hidden: absolute paths of the product's state and secrets.
    public init(
        path: String, outputFolder: String, hidden: [String] = [], allowsNetwork: Bool = false
    ) throws(WorkspaceError) {
        let number = unsafe Glibc.open(path, OpenFlags.path | O_DIRECTORY | O_CLOEXEC)
        guard path.hasPrefix("/"), number >= 0 else {
            throw .unusable(path: path, errno: path.hasPrefix("/") ? errno : EINVAL)
        }
        directory = OwnedDescriptor(number)
        guard let root = directory.path() else { throw .unusable(path: path, errno: EILSEQ) }
        // `/` and the folders that a system consists of would put all secrets into view.
        guard !Self.systemFolders.contains(where: { root == $0 || root.hasPrefix($0 + "/") }),
            root.split(separator: "/").count > 1 || !Self.homeFolders.contains(root), root != "/"
        else { throw .forbidden(path: root) }
        self.root = root
        self.allowsNetwork = allowsNetwork
        let hidden = hidden.map { Self.real($0) }
        guard !hidden.contains(root) else { throw .forbidden(path: root) }
        // Those that hold the workspace are not in view anyway.
        self.hidden =
            hidden.filter { $0.hasPrefix(root + "/") } + Self.credentials.map { "\(root)/\($0)" }
        outputs = try KeptOutputs(folder: outputFolder)
    }

    /// The folder's descriptor (`O_PATH`), for walks and opens beneath it.
    var descriptor: Int32 { directory.number }

    /// The path relative to the workspace, for one that a call named; nothing is looked up.
    ///
    /// Without `.`, `..` and empty components: `a/../b` is `b`, as people read it.
    func relative(_ path: String) throws(PathError) -> String {
        var rest = path[...]
        if path.hasPrefix("/") {
            let base = root.hasSuffix("/") ? root : root + "/"
            guard path == root || path.hasPrefix(base) else { throw .outside(path: path) }
            rest = path.dropFirst(path == root ? root.count : base.count)
        } else if path == "~" || path.hasPrefix("~/") {
            throw .outside(path: path)
        }
        var parts: [Substring] = []
        for part in rest.split(separator: "/") where part != "." {
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
        case .success(let entry): return (entry, try place(of: entry, named: path))
        }
    }

    /// Where an open descriptor really is, relative to the workspace; refused if that is hidden.
    func place(of entry: OwnedDescriptor, named name: String) throws(PathError) -> String {
        // Both by the kernel's words of now: the workspace itself may have been moved.
        guard let path = entry.path(), let base = directory.path() else {
            throw .outside(path: name)
        }
        guard path != base else { return "" }
        guard path.hasPrefix(base + "/") else { throw .outside(path: name) }
        let relative = String(path.dropFirst(base.count + 1))
        try check(relative, named: name)
        return relative
    }

    /// Refuses what is hidden.
    func check(_ relative: String, named name: String) throws(PathError) {
        let path = absolute(relative)
        guard !hidden.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else {
            throw .hidden(path: name)
        }
    }

    private static func real(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// What a person's home folder holds of keys, should it be the workspace.
    private static let credentials = [
        ".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".git-credentials", ".gnupg",
        ".kube", ".netrc", ".pgpass", ".pypirc", ".ssh",
    ]

    private static let systemFolders = [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr",
    ]

    /// Folders that hold everybody's folders.
    private static let homeFolders = ["/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/media"]
}

/// Why a folder can't be a workspace.
public enum WorkspaceError: Error, Sendable, Equatable, CustomStringConvertible {
    case unusable(path: String, errno: Int32)
    /// It is, or holds, what agents must not see.
    case forbidden(path: String)
    /// The folder for long outputs.
    case outputFolder(path: String, errno: Int32)

    public var description: String {
        switch self {
        case .unusable(let path, let number):
            "The workspace \(path) cannot be opened: \(SystemFailure.reason(number)). "
                + "Give the absolute path of a folder that the agent's user may enter."
        case .forbidden(let path):
            "The workspace \(path) is refused, because it is or holds a part of the system or of "
                + "Switchboard. Give a project's own folder."
        case .outputFolder(let path, let number):
            "The folder \(path) for long outputs cannot be made: \(SystemFailure.reason(number))."
        }
    }
}
