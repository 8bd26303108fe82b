import JSON

extension ToolInput {
    /// Checks a call's name and input.
    ///
    /// Everything that is wrong is named at once; a name that is no tool is refused.
    public init(parsing call: ToolCall) throws(ToolInputError) {
        guard let tool = Tool(rawValue: call.name) else {
            let names = Tool.allCases.map(\.rawValue).joined(separator: ", ")
            throw ToolInputError(
                toolName: call.name, problems: ["there is no such tool; the tools are \(names)"])
        }
        let reader = InputReader(call.input, known: tool.fields)
        let input = Self.read(tool, reader)
        try reader.check(call.name)
        self = input
    }

    private static func read(_ tool: Tool, _ reader: InputReader) -> ToolInput {
        switch tool {
        case .read: .read(ReadInput(reader))
        case .write: .write(WriteInput(reader))
        case .edit: .edit(EditInput(single: reader))
        case .multiEdit: .edit(EditInput(several: reader))
        case .bash: .bash(BashInput(reader))
        case .glob: .glob(GlobInput(reader))
        case .grep: .grep(GrepInput(reader))
        case .todoWrite: .todoWrite(Todo.list(reader))
        case .webFetch: .webFetch(WebFetchInput(reader))
        }
    }
}

extension InputReader {
    fileprivate func filePath() -> String {
        requiredText("file_path", maximumBytes: ToolLimits.maximumPathBytes)
    }
}

extension ReadInput {
    fileprivate init(_ reader: InputReader) {
        path = reader.filePath()
        // 0 is what models write for "from the beginning".
        firstLine = max(1, reader.integer("offset", in: 0...100_000_000) ?? 1)
        lineCount = reader.integer("limit", in: 1...100_000_000)
    }
}

extension WriteInput {
    fileprivate init(_ reader: InputReader) {
        path = reader.filePath()
        content = reader.requiredText(
            "content", maximumBytes: ToolLimits.maximumFileBytes, allowsEmpty: true)
    }
}

extension EditInput {
    fileprivate init(single reader: InputReader) {
        path = reader.filePath()
        replacements = [Replacement(reader)]
    }

    fileprivate init(several reader: InputReader) {
        path = reader.filePath()
        replacements = reader.list(
            "edits", of: ["old_string", "new_string", "replace_all"],
            count: 1...ToolLimits.maximumEdits, Replacement.init)
    }
}

extension EditInput.Replacement {
    fileprivate init(_ reader: InputReader) {
        let limit = ToolLimits.maximumFileBytes
        old = reader.requiredText("old_string", maximumBytes: limit, allowsEmpty: true)
        new = reader.requiredText("new_string", maximumBytes: limit, allowsEmpty: true)
        replacesAll = reader.flag("replace_all")
        if old == new, old.utf8.elementsEqual(new.utf8), !old.isEmpty {
            reader.refuse("new_string", "must differ from old_string")
        }
    }
}

extension BashInput {
    fileprivate init(_ reader: InputReader) {
        command = reader.requiredText("command", maximumBytes: ToolLimits.maximumCommandBytes)
        let maximum = ToolLimits.maximumCommandTime.components.seconds * 1_000
        let milliseconds = reader.integer("timeout", in: 1...Int(maximum))
        timeout = milliseconds.map { .milliseconds($0) } ?? ToolLimits.defaultCommandTime
        description = reader.text("description", maximumBytes: 1_000, allowsEmpty: true)
    }
}

extension GlobInput {
    fileprivate init(_ reader: InputReader) {
        pattern = reader.requiredText("pattern", maximumBytes: ToolLimits.maximumPatternBytes)
        path = reader.text("path", maximumBytes: ToolLimits.maximumPathBytes)
        includesIgnored = reader.flag("include_ignored")
    }
}

extension GrepInput {
    fileprivate init(_ reader: InputReader) {
        pattern = reader.requiredText("pattern", maximumBytes: ToolLimits.maximumPatternBytes)
        path = reader.text("path", maximumBytes: ToolLimits.maximumPathBytes)
        glob = reader.text("glob", maximumBytes: ToolLimits.maximumPatternBytes)
        type = reader.text("type", maximumBytes: 64)
        outputMode = reader.word("output_mode") ?? .filesWithMatches
        ignoresCase = reader.flag("-i")
        let both = reader.integer("-C", in: 0...1_000) ?? 0
        linesBefore = reader.integer("-B", in: 0...1_000) ?? both
        linesAfter = reader.integer("-A", in: 0...1_000) ?? both
        isMultiline = reader.flag("multiline")
        headLimit = reader.integer("head_limit", in: 1...100_000)
        // Line numbers are wanted unless a model says no.
        showsLineNumbers = !reader.isFalse("-n")
    }
}

extension InputReader {
    /// Whether a flag is there and false; a wrong value is refused.
    fileprivate func isFalse(_ key: String) -> Bool { has(key) && !flag(key) }
}

extension Todo {
    fileprivate static func list(_ reader: InputReader) -> [Todo] {
        reader.list(
            "todos", of: ["content", "status", "activeForm"], count: 0...ToolLimits.maximumTodos
        ) { part in
            part.require("status")
            return Todo(
                content: part.requiredText("content", maximumBytes: 1_000),
                status: part.word("status") ?? .pending,
                activeForm: part.text("activeForm", maximumBytes: 1_000))
        }
    }
}

extension WebFetchInput {
    fileprivate init(_ reader: InputReader) {
        url = reader.requiredText("url", maximumBytes: 4_096)
        prompt = reader.text("prompt", maximumBytes: 4_096, allowsEmpty: true)
    }
}
