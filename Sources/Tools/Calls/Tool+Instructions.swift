extension Tool {
    /// What the tool does, for the model.
    var instructions: String {
        switch self {
        case .read:
            "Shows a text file of the workspace with line numbers; lines end in LF, CR LF or CR. "
                + "Read a file once before you edit or overwrite it, and again only if it was "
                + "changed since. Long files come page by page: use offset and limit."
        case .write:
            "Makes a file, or replaces one that you have read, with the content given. Folders "
                + "are made as needed. Prefer Edit for changing a part."
        case .edit:
            "Replaces a text in a file that you have read. old_string must match exactly, blanks "
                + "included, and occur once, unless replace_all is true. A \\n in old_string matches any "
                + "line end, and new lines end as those that they replace; a text with \\r is "
                + "taken byte by byte."
        case .multiEdit:
            "Makes several replacements in one file that you have read, in order; all or none."
        case .bash: Self.bashInstructions
        case .glob:
            "Finds regular files by name, without those that .gitignore leaves out unless "
                + "include_ignored is true. Answers paths, newest first, at most "
                + "\(ToolLimits.maximumGlobResults). Does not follow symbolic links."
        case .grep:
            "Searches the contents of regular files with ripgrep, without those that .gitignore "
                + "leaves out; lines are those that Read shows. Use this instead of grep or rg in "
                + "Bash."
        case .todoWrite:
            "Replaces your to-do list, which the user sees. Use it for work of several steps, and "
                + "keep it true: one entry in_progress at a time."
        case .webFetch:
            "Fetches a page of the public web and answers its text. Addresses of this machine and "
                + "of private networks are refused."
        }
    }

    private static let bashInstructions =
        "Runs a line in bash, in the workspace, in a sandbox: the workspace is there (read-only in "
        + "safe mode), the system is read-only, other folders are not visible, /tmp is empty and "
        + "new for every call, and there is no network unless the workspace allows it. Every call "
        + "starts anew in the workspace: variables, cd and background processes end with the "
        + "call. Files that run by themselves outside, such as .bashrc, .vscode and .git/hooks, can "
        + "be read only; empty folders of such names hold their places during a call. "
        + "There is no terminal and no input. Output over "
        + "\(ToolLimits.maximumResultBytes) bytes is cut in the middle and kept in a file. Use "
        + "Read, Edit, Write, Glob and Grep for files."
}
