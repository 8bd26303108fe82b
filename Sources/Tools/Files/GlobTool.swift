import Glibc

/// Glob: paths that match a pattern, the newest first.
struct GlobTool {
    let workspace: Workspace
    let isCancelled: () -> Bool

    func run(_ input: GlobInput) throws(PathError) -> ToolOutcome {
        let pattern = try relativePattern(input)
        guard let glob = GlobPattern(pattern) else {
            return .failure("The pattern's braces stand for more than 64 patterns. Use fewer.")
        }
        let (entry, base) = try workspace.locate(input.path ?? "")
        guard let status = try? entry.status(), status.st_mode & S_IFMT == S_IFDIR else {
            throw .notFolder(path: input.path ?? "")
        }
        let isVisible = { (path: String) in
            (try? workspace.check(base.isEmpty ? path : "\(base)/\(path)", named: path)) != nil
        }
        var walk = FolderWalk(
            enters: { $0 != ".git" && !$0.hasSuffix("/.git") && isVisible($0) },
            wants: { glob.matches($0) && isVisible($0) }, isCancelled: isCancelled)
        let end = walk.run(from: entry)
        return answer(walk.found, end, base: base)
    }

    /// An absolute pattern is as good, within the folder.
    private func relativePattern(_ input: GlobInput) throws(PathError) -> String {
        guard input.pattern.hasPrefix("/") else { return input.pattern }
        let base = workspace.absolute(try workspace.relative(input.path ?? "")) + "/"
        guard input.pattern.hasPrefix(base) else { throw .outside(path: input.pattern) }
        return String(input.pattern.dropFirst(base.count))
    }

    private func answer(
        _ found: [FolderWalk.Entry], _ end: FolderWalk.End, base: String
    ) -> ToolOutcome {
        let newest = found.sorted { ($1.modified, $0.path) < ($0.modified, $1.path) }
            .prefix(ToolLimits.maximumGlobResults)
        let paths = newest.map { base.isEmpty ? $0.path : "\(base)/\($0.path)" }
        var text = ShownText.clean(Array(paths.joined(separator: "\n").utf8))
        if found.isEmpty { text = "No file matches." }
        if found.count > newest.count {
            text +=
                "\n(\(found.count) files match; these are the newest \(newest.count). "
                + "Use a narrower pattern.)"
        }
        if end == .tooMany {
            text += "\n(Stopped after \(ToolLimits.maximumGlobEntries) entries. Give a path.)"
        }
        return ToolOutcome(text: text)
    }
}
