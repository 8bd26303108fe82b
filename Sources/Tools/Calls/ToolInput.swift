/// The input of a call, checked: what a tool works on from here.
public enum ToolInput: Sendable, Equatable {
    case read(ReadInput)
    case write(WriteInput)
    /// Edit, and MultiEdit with several replacements.
    case edit(EditInput)
    case bash(BashInput)
    case glob(GlobInput)
    case grep(GrepInput)
    case todoWrite([Todo])
    case webFetch(WebFetchInput)
}

/// What Read shows: a part of a text file, in lines.
public struct ReadInput: Sendable, Equatable {
    public var path: String
    /// The first line to show, from 1.
    public var firstLine: Int
    /// Nil shows the default number of lines.
    public var lineCount: Int?

    package init(path: String, firstLine: Int = 1, lineCount: Int? = nil) {
        self.path = path
        self.firstLine = firstLine
        self.lineCount = lineCount
    }
}

/// A file's new content.
public struct WriteInput: Sendable, Equatable {
    public var path: String
    public var content: String
}

/// Replacements in one file, applied in order, all or none.
public struct EditInput: Sendable, Equatable {
    public var path: String
    public var replacements: [Replacement]

    /// One text for another.
    public struct Replacement: Sendable, Equatable {
        /// Empty makes a new file, in the first replacement only.
        public var old: String
        public var new: String
        public var replacesAll: Bool
    }
}

/// A line for bash.
public struct BashInput: Sendable, Equatable {
    public var command: String
    /// From 1 ms to ``ToolLimits/maximumCommandTime``.
    public var timeout: Duration
    /// What the model says that it does.
    public var description: String?
}

/// Names to look for.
public struct GlobInput: Sendable, Equatable {
    public var pattern: String
    /// The folder to look in; nil is the workspace.
    public var path: String?
    /// Whether files are answered that `.gitignore` and its kind leave out.
    public var includesIgnored = false
}

/// Contents to look for.
public struct GrepInput: Sendable, Equatable {
    /// What to answer; the raw value is the input's.
    public enum OutputMode: String, Sendable, CaseIterable {
        case content, count
        case filesWithMatches = "files_with_matches"
    }

    /// A regular expression in ripgrep's syntax.
    public var pattern: String
    public var path: String?
    public var glob: String?
    /// A file type by ripgrep's name, such as `swift`.
    public var type: String?
    public var outputMode = OutputMode.filesWithMatches
    public var ignoresCase = false
    public var showsLineNumbers = true
    public var linesBefore = 0
    public var linesAfter = 0
    public var isMultiline = false
    /// Lines of the answer; nil is all that fit.
    public var headLimit: Int?
}

/// One entry of a to-do list.
public struct Todo: Sendable, Equatable {
    /// The raw value is the input's.
    public enum Status: String, Sendable, CaseIterable {
        case pending, completed
        case inProgress = "in_progress"
    }

    public var content: String
    public var status: Status
    /// How the entry reads while it is in progress.
    public var activeForm: String?
}

/// A page to fetch.
public struct WebFetchInput: Sendable, Equatable {
    public var url: String
    /// What the model wants to know; shown to people, the page comes whole.
    public var prompt: String?
}
