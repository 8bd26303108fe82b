/// What a tool asks to do, in the form in which a rule can judge it.
public enum PermissionSubject: Sendable, Equatable {
    /// A line for a shell.
    case commandLine(String)
    /// A file or folder that the tool touches.
    case path(String)

    /// Tells the two apart by the tool's name.
    ///
    /// A tool that is not known to take a path is judged like a shell, which is the stricter way.
    public init(toolName: String, command: String) {
        self =
            Self.pathTools.contains(toolName.lowercased()) ? .path(command) : .commandLine(command)
    }

    private static let pathTools: Set<String> = [
        "edit", "ls", "multiedit", "notebookedit", "notebookread", "read", "write",
    ]
}
