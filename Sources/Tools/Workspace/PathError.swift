import Glibc
import System

/// Why a path of a call can't be used, in words that let the model choose another.
public enum PathError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It leads out of the workspace, by itself or through a link.
    case outside(path: String)
    /// A folder that agents have no business in, such as the product's own state.
    case hidden(path: String)
    /// It runs later, outside of the sandbox, and the workspace does not allow to change such.
    case startup(path: String, when: String)
    case notFound(path: String)
    case isFolder(path: String)
    case notFolder(path: String)
    /// A FIFO, device or socket.
    case special(path: String)
    /// A link in a place where one was not there when the call was judged, or that leads nowhere.
    case link(path: String)
    /// Somebody else changed, made or removed it while this call worked on it.
    case changedMeanwhile(path: String)
    case tooLarge(path: String, bytes: Int)
    /// Nobody wanted the change any more before it was made.
    case interrupted(path: String)
    /// The workspace can't be looked through for startup files; why.
    case unguarded(String)
    /// A pattern whose braces stand for too much.
    case pattern(String)
    case system(action: String, path: String, errno: Int32)

    public var description: String {
        switch self {
        case .outside(let path):
            "\(path) is outside of the workspace. Use a path within the workspace; links that "
                + "lead out of it are not followed."
        case .hidden(let path):
            "\(path) is hidden: it holds credentials, or files of Switchboard itself."
        case .startup(let path, let moment):
            "\(path) was not changed: it runs outside of the sandbox when \(moment), and this "
                + "workspace allows no change of such files (allowsStartupFiles). Say what you would "
                + "change instead."
        case .notFound(let path): "\(path) does not exist."
        case .isFolder(let path): "\(path) is a folder, not a file. Use Glob to see what is in it."
        case .notFolder(let path): "A part of \(path) is a file, not a folder."
        case .special(let path): "\(path) is a FIFO, device or socket, not a regular file."
        case .link(let path):
            "\(path) is a symbolic link that leads nowhere, or became one just now. Use the path "
                + "of a file."
        case .changedMeanwhile(let path):
            "\(path) was changed by something else just now. Read it again, then repeat the change."
        case .tooLarge(let path, let bytes):
            "\(path) has \(bytes) bytes; files over \(ToolLimits.maximumFileBytes) bytes are not "
                + "taken. Use Grep, or Bash with head, tail or sed -n."
        case .unguarded(let reason):
            "what runs later, outside of the sandbox, can't be guarded in this workspace: \(reason). "
                + "Remove what is too much, work in a folder below, or have an admin set the "
                + "workspace's allowsStartupFiles."
        case .interrupted(let path): "(Interrupted. \(path) was not changed.)"
        case .pattern(let pattern):
            "The braces of \(pattern.shortened(to: 80)) stand for more than "
                + "\(GlobPattern.maximumAlternatives) patterns, or for "
                + "\(GlobPattern.maximumTokens) characters. Use fewer."
        case .system(let action, let path, let number):
            "\(action) \(path) failed: \(SystemFailure.reason(number))."
        }
    }

    /// An `errno` of opening beneath the workspace.
    init(_ error: Errno, path: String, action: String = "Opening") {
        self =
            switch error.number {
            case ENOENT: .notFound(path: path)
            case EXDEV: .outside(path: path)
            case ELOOP: .link(path: path)
            case ENOTDIR: .notFolder(path: path)
            case EISDIR: .isFolder(path: path)
            case ENXIO: .special(path: path)
            default: .system(action: action, path: path, errno: error.number)
            }
    }
}
