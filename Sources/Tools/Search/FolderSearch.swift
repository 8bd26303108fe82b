/// What Glob and Grep have in common: a place that is looked at first, ripgrep in a sandbox that
/// can't write, and an answer made of what it wrote.
///
/// ripgrep knows `.gitignore`, never opens what is no regular file unless it is told to, and in the
/// sandbox not even a race of links shows it anything else.
protocol FolderSearch: Sendable {
    /// Where to look, as the call named it; nil is the workspace.
    var path: String? { get }
    /// Whether a single file will do for a place.
    var takesFile: Bool { get }
    /// The command, as seen within the sandbox, whose working directory is the workspace.
    func arguments(ripgrep: String, place: String) -> [String]
    /// What the model gets; blocks.
    func outcome(
        of found: CapturedOutput, _ place: String, in workspace: Workspace,
        _ cancellation: Cancellation
    ) -> ToolOutcome
}

/// What a search wrote, byte by byte, and how it ended.
struct CapturedOutput: Sendable {
    let bytes: [UInt8]
    let end: SandboxEnd

    /// Why there may be more than was found; empty for a search that came to its end.
    var shortfall: String {
        switch end {
        case .exited(0), .exited(1): ""
        case .exited: "(Some files or folders could not be read.)"
        case .stopped(.timedOut):
            "(Stopped after \(ToolLimits.searchTime.components.seconds) s. There may be more: search "
                + "in a folder, or with a narrower pattern.)"
        case .stopped(.tooMuchOutput):
            "(Stopped after \(ToolLimits.maximumCapturedBytes) bytes of results. There are more: "
                + "search in a folder, or with a narrower pattern.)"
        case .stopped, .failedToStart, .lost: "(The search did not come to its end.)"
        }
    }

    var isComplete: Bool { end == .exited(code: 0) || end == .exited(code: 1) }
}

/// Where a search begins.
enum SearchPlace {
    /// Looks it up, links followed; blocks.
    /// - Returns: where it really is, relative to the workspace.
    static func find(_ search: any FolderSearch, in workspace: Workspace) throws(PathError)
        -> String
    {
        let name = search.path ?? ""
        let (entry, place) = try workspace.locate(name)
        switch try entry.kind(named: name) {
        case .folder: return place
        case .file where search.takesFile: return place
        case .file: throw .notFolder(path: name)
        // ripgrep opens what it is told to: a FIFO would hold it up for ever.
        case .special: throw .special(path: name)
        }
    }

    /// As an argument that can't be taken for an option.
    static func argument(_ place: String) -> String { "./" + place }
}

/// A name as bytes, which is what the kernel knows: two that look alike, or that Unicode calls
/// equivalent, are two names.
struct FileName {
    /// Whether it can be shown so that it is the same name when it comes back: UTF-8 without
    /// control characters.
    static func canBeShown(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && bytes.isValidUTF8
    }

    /// What is said of those that can't.
    static func note(unshown count: Int) -> String {
        count == 0
            ? ""
            : "(\(count) \(count == 1 ? "file is" : "files are") not shown: their names are not UTF-8 "
                + "or hold control characters. Use Bash for them, such as ls -b.)"
    }
}
