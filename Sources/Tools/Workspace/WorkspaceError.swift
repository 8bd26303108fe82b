import System

/// Why a folder can't be a workspace.
public enum WorkspaceError: Error, Sendable, Equatable, CustomStringConvertible {
    case unusable(path: String, errno: Int32)
    /// Its path leads through a symbolic link, which somebody may change at any time.
    case link(path: String)
    /// It is, or holds, what agents must not see.
    case forbidden(path: String)
    /// It is, or lies in, a folder of credentials, or of what runs later outside.
    case guarded(path: String, when: String?)
    /// The working directory is not within the workspace.
    case notWithin(path: String)
    /// The folder for long outputs.
    case outputFolder(path: String, errno: Int32)

    public var description: String {
        switch self {
        case .unusable(let path, let number):
            "The workspace \(path) cannot be opened: \(SystemFailure.reason(number)). "
                + "Give the absolute path of a folder that the agent's user may enter."
        case .link(let path):
            "The workspace \(path) is refused: it is a symbolic link, or there is one in its path, "
                + "and what a link leads to can be changed under the agent. Give the real path."
        case .forbidden(let path):
            "The workspace \(path) is refused, because it is or holds a part of the system or of "
                + "Switchboard. Give a project's own folder."
        case .guarded(let path, let moment?):
            "The workspace \(path) is refused: what is in it runs outside of the sandbox, when "
                + "\(moment). Give another folder, or set allowsStartupFiles of the workspace."
        case .guarded(let path, nil):
            "The workspace \(path) is refused: it is a folder of credentials. Give a project's own "
                + "folder."
        case .notWithin(let path):
            "The working directory \(path) is not within the session's workspace; choose one that "
                + "is, or another workspace."
        case .outputFolder(let path, let number):
            "The folder \(path) for long outputs cannot be made: \(SystemFailure.reason(number))."
        }
    }
}
