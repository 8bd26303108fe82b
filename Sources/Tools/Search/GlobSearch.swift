import Glibc
import System

/// Glob: regular files whose paths match a pattern, the newest first.
struct GlobSearch: FolderSearch {
    private let input: GlobInput
    private let pattern: GlobPattern

    /// A regular file that matches.
    private struct Match {
        let path: String
        /// `mtime` in nanoseconds.
        let modified: Int64
    }

    init(_ input: GlobInput, in workspace: Workspace) throws(PathError) {
        self.input = input
        guard let pattern = GlobPattern(try Self.relativePattern(input, in: workspace)) else {
            throw .pattern(input.pattern)
        }
        self.pattern = pattern
    }

    var path: String? { input.path }
    var takesFile: Bool { false }

    func arguments(ripgrep: String, place: String) -> [String] {
        let ignored = input.includesIgnored ? ["--no-ignore"] : []
        return [ripgrep] + FolderListing.common + ignored + ["--no-messages", "--files", "--null"]
            + ["--", SearchPlace.argument(place)]
    }

    func outcome(
        of found: CapturedOutput, _ place: String, in workspace: Workspace,
        _ cancellation: Cancellation
    ) -> ToolOutcome {
        let base = place.isEmpty ? "./" : "./\(place)/"
        var matches: [Match] = []
        var unshown = 0
        for name in found.bytes.split(separator: 0) {
            if cancellation.isCancelled { break }
            let path = name.starts(with: base.utf8) ? name.dropFirst(base.utf8.count) : name
            guard pattern.matches(path) else { continue }
            guard FileName.canBeShown(name) else {
                unshown += 1
                continue
            }
            let shown = String(decoding: name.dropFirst(2), as: UTF8.self)
            if let match = Self.look(at: shown, in: workspace) { matches.append(match) }
        }
        return answer(matches, unshown, found)
    }

    /// Nil for what is gone, hidden, or no regular file any more.
    private static func look(at path: String, in workspace: Workspace) -> Match? {
        let opened = Beneath.open(
            path, in: workspace.descriptor, flags: OpenFlags.path, links: .refuse)
        guard case .success(let entry) = opened, let status = try? entry.status(),
            status.st_mode & S_IFMT == S_IFREG,
            (try? workspace.place(of: entry, named: path)) != nil
        else { return nil }
        return Match(path: path, modified: FileStamp(status).modified)
    }

    /// An absolute pattern is as good, within the folder.
    private static func relativePattern(
        _ input: GlobInput, in workspace: Workspace
    ) throws(PathError) -> String {
        let pattern = input.pattern.utf8
        guard pattern.first == UInt8(ascii: "/") else { return input.pattern }
        let folder = workspace.absolute(try workspace.relative(input.path ?? ""))
        let base = (folder + "/").utf8
        guard pattern.starts(with: base) else { throw .outside(path: input.pattern) }
        return String(decoding: pattern.dropFirst(base.count), as: UTF8.self)
    }

    private func answer(
        _ matches: [Match], _ unshown: Int, _ found: CapturedOutput
    ) -> ToolOutcome {
        let newest = matches.sorted {
            $0.modified == $1.modified
                ? $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
                : $0.modified > $1.modified
        }.prefix(ToolLimits.maximumGlobResults)
        var lines = newest.map(\.path)
        if matches.count > newest.count {
            lines.append(
                "(\(matches.count) files match; these are the newest \(newest.count). "
                    + "Use a narrower pattern.)")
        }
        lines += [FileName.note(unshown: unshown), found.shortfall].filter { !$0.isEmpty }
        return ToolOutcome(
            text: lines.isEmpty ? "No file matches." : lines.joined(separator: "\n"),
            isError: !found.isComplete && newest.isEmpty)
    }
}

/// What every listing of files by ripgrep begins with.
enum FolderListing {
    /// Hidden files too, but not git's own; `.gitignore` also where the repository begins further
    /// up, outside of what is seen.
    static let common = [
        "--no-config", "--hidden", "--glob", "!.git", "--no-require-git",
    ]
}
