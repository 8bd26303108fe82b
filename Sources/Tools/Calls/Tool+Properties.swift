import JSON

extension Tool {
    /// The fields of the input, in the order in which a model should fill them.
    var properties: [ToolProperty] {
        switch self {
        case .read: [Self.filePath] + Self.page
        case .write:
            [Self.filePath, .required("content", "string", "The file's whole new content.")]
        case .edit: [Self.filePath] + Self.replacement
        case .multiEdit:
            [
                Self.filePath,
                .list(
                    "edits", of: Self.replacement,
                    "Replacements, each on the result of the one before; all are made or none."),
            ]
        case .bash: Self.commandLine
        case .glob:
            [
                .required("pattern", "string", "Such as **/*.swift or src/{a,b}/*.js."),
                .optional("path", "string", "The folder to look in; the workspace if left out."),
                .optional(
                    "include_ignored", "boolean",
                    "Also files that .gitignore, .ignore or .git/info/exclude leave out."),
            ]
        case .grep: Self.search
        case .todoWrite: [.list("todos", of: Self.todo, "The whole list, as it now is.")]
        case .webFetch:
            [
                .required("url", "string", "An http or https address."),
                .optional("prompt", "string", "What you want to know; shown to the user."),
            ]
        }
    }

    private static let filePath = ToolProperty.required(
        "file_path", "string", "Absolute, or relative to the workspace; within the workspace.")

    private static let page: [ToolProperty] = [
        .optional("offset", "integer", "The first line to show, from 1."),
        .optional(
            "limit", "integer",
            "How many lines to show; \(ToolLimits.defaultReadLines) if left out."),
    ]

    private static let replacement: [ToolProperty] = [
        .required(
            "old_string", "string",
            "The exact text to replace, as Read shows it but without the line numbers. Must occur "
                + "exactly once unless replace_all is true. Empty: make a new file."),
        .required("new_string", "string", "The text to put in its place."),
        .optional("replace_all", "boolean", "Replace every occurrence."),
    ]

    private static let commandLine: [ToolProperty] = [
        .required("command", "string", "A line for bash."),
        .optional(
            "timeout", "integer",
            "In milliseconds, at most \(ToolLimits.maximumCommandTime.components.seconds * 1_000); "
                + "\(ToolLimits.defaultCommandTime.components.seconds * 1_000) if left out."),
        .optional("description", "string", "What it does, in 5 to 10 words, for the user."),
    ]

    private static let search: [ToolProperty] = [
        .required("pattern", "string", "A regular expression in ripgrep's syntax."),
        .optional("path", "string", "The file or folder to search; the workspace if left out."),
        .optional("glob", "string", "Only files whose names match, such as *.{ts,tsx}."),
        .optional("type", "string", "Only files of a type that ripgrep knows, such as swift."),
        .choice(
            "output_mode", GrepInput.OutputMode.allCases.map(\.rawValue),
            "Lines, numbers of matches, or names of files (the default)."),
        .optional("-i", "boolean", "Ignore case."),
        .optional("-n", "boolean", "Show line numbers, for content; on unless false."),
        .optional("-A", "integer", "Lines to show after each match, for content."),
        .optional("-B", "integer", "Lines to show before each match, for content."),
        .optional("-C", "integer", "Lines to show before and after each match, for content."),
        .optional(
            "multiline", "boolean",
            "Let the pattern span lines, which end in \\n there; files over "
                + "\(ToolLimits.maximumMultilineFileBytes) bytes are left out."),
        .optional("head_limit", "integer", "Only the first so many lines of the answer."),
    ]

    private static let todo: [ToolProperty] = [
        .required("content", "string", "What is to be done."),
        ToolProperty(
            name: "status",
            schema: [
                "type": "string",
                "enum": .array(Todo.Status.allCases.map { .string($0.rawValue) }),
            ], isRequired: true),
        .optional("activeForm", "string", "The same in the form of something going on."),
    ]
}
