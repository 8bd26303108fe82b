/// The tools that an agent has, by the names that models and people know.
public enum Tool: String, Sendable, CaseIterable {
    case read = "Read"
    case write = "Write"
    case edit = "Edit"
    case multiEdit = "MultiEdit"
    case bash = "Bash"
    case glob = "Glob"
    case grep = "Grep"
    case todoWrite = "TodoWrite"
    case webFetch = "WebFetch"

    /// Whether it changes nothing outside of the session, whatever its input: no mode asks about it.
    public var isReadOnly: Bool {
        switch self {
        case .read, .glob, .grep, .todoWrite: true
        case .write, .edit, .multiEdit, .bash, .webFetch: false
        }
    }

    /// What people see instead of the name (`toolDisplayName`).
    public var displayName: String {
        switch self {
        case .read: "Read file"
        case .write: "Write file"
        case .edit, .multiEdit: "Edit file"
        case .bash: "Run command"
        case .glob: "Find files"
        case .grep: "Search files"
        case .todoWrite: "Update to-do list"
        case .webFetch: "Fetch web page"
        }
    }
}
