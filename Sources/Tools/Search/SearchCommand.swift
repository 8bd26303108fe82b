/// The command of a Grep: arguments for ripgrep, or for grep where that is not installed.
///
/// It runs in the read-only sandbox, so that not even a race of links shows it anything else. No
/// shell reads it, and everything that a model wrote stands where no option is taken.
struct SearchCommand: Equatable {
    /// The program, as seen within the sandbox, and its arguments.
    let arguments: [String]

    /// What can search, by its path.
    enum Engine: Sendable, Equatable {
        case ripgrep(path: String)
        case grep(path: String)
    }

    /// - Parameter path: relative to the workspace; empty is the workspace.
    init(_ input: GrepInput, _ engine: Engine, path: String) throws(EditFailure) {
        switch engine {
        case .ripgrep(let program):
            arguments =
                [program] + Self.ripgrep(input) + ["-e", input.pattern, "--"]
                + (path.isEmpty ? ["./"] : ["./" + path])
        case .grep(let program):
            guard !input.isMultiline, input.type == nil else {
                throw EditFailure(
                    description: "multiline and type need ripgrep, which is not installed here "
                        + "(Debian: apt-get install ripgrep). Search without them.")
            }
            arguments =
                [program] + Self.grep(input) + ["-e", input.pattern, "--"]
                + (path.isEmpty ? ["./"] : ["./" + path])
        }
    }

    private static func ripgrep(_ input: GrepInput) -> [String] {
        var arguments = [
            "--no-config", "--color", "never", "--hidden", "--glob", "!.git",
            "--max-columns", "500", "--max-columns-preview", "--no-heading", "--with-filename",
            "--sort", "path",
        ]
        if let glob = input.glob { arguments += ["--glob", glob] }
        if let type = input.type { arguments += ["--type", type] }
        if input.ignoresCase { arguments.append("--ignore-case") }
        if input.isMultiline { arguments += ["--multiline", "--multiline-dotall"] }
        switch input.outputMode {
        case .filesWithMatches: arguments.append("--files-with-matches")
        case .count: arguments.append("--count")
        case .content: arguments += content(input)
        }
        return arguments
    }

    private static func grep(_ input: GrepInput) -> [String] {
        var arguments = ["-r", "-E", "-I", "-H", "--color=never", "--exclude-dir=.git"]
        if let glob = input.glob { arguments.append("--include=\(glob)") }
        if input.ignoresCase { arguments.append("-i") }
        switch input.outputMode {
        case .filesWithMatches: arguments.append("-l")
        case .count: arguments.append("-c")
        case .content: arguments += content(input)
        }
        return arguments
    }

    /// Options that both engines have.
    private static func content(_ input: GrepInput) -> [String] {
        [input.showsLineNumbers ? "-n" : "", "-B\(input.linesBefore)", "-A\(input.linesAfter)"]
            .filter { !$0.isEmpty }
    }
}

/// What came of a search, for the model.
struct SearchAnswer {
    let outcome: ToolOutcome

    /// - Parameter code: 0 for matches, 1 for none, 2 for an error, of both engines.
    init(code: Int, text: String, input: GrepInput, fullOutputPath: String?) {
        if code == 1, text.isEmpty {
            outcome = ToolOutcome(text: "Nothing matches.")
        } else if code > 1 && text.isEmpty {
            outcome = .failure("The search failed with code \(code).")
        } else {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("./") ? $0.dropFirst(2) : $0 }
            if lines.last?.isEmpty == true { lines.removeLast() }
            if input.outputMode == .count { lines.removeAll { $0.hasSuffix(":0") } }
            let limit = input.headLimit ?? lines.count
            let rest = lines.count - limit
            outcome = ToolOutcome(
                text: lines.prefix(limit).joined(separator: "\n")
                    + (rest > 0 ? "\n(\(rest) more lines; raise head_limit to see them.)" : ""),
                isError: code > 1, fullOutputPath: fullOutputPath)
        }
    }
}
