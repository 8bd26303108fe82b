import System

/// Write, Edit and MultiEdit: changes of one file that the model has read.
struct WriteTool {
    let workspace: Workspace
    /// Where the call was judged to write; see ``PreparedCall/path``.
    let path: String
    let ledger: ReadLedger
    let cancellation: Cancellation

    /// Makes a file, or replaces one as a whole.
    func write(_ input: WriteInput) throws(PathError) -> FileCall.Answer {
        let old = try existing()
        if let refusal = refusal(old) { return FileCall.Answer(outcome: refusal) }
        var bytes = Array(input.content.utf8)
        if let end = old.flatMap({ Self.onlyEnd(of: $0.bytes) }), !bytes.contains(0x0D) {
            bytes = LineEnd.put([end], into: bytes)
        }
        return try replace(
            old, with: bytes, "\(old == nil ? "Made" : "Replaced") \(path) (\(bytes.count) bytes).")
    }

    /// Makes all replacements, or none.
    func edit(_ input: EditInput) throws(PathError) -> FileCall.Answer {
        let old = try existing()
        var replacements = input.replacements[...]
        if let refusal = refusal(old) { return FileCall.Answer(outcome: refusal) }
        var start = old?.bytes ?? []
        if let first = replacements.first, first.old.isEmpty, start.isEmpty {
            start = Array(first.new.utf8)
            replacements = replacements.dropFirst()
        } else if old == nil {
            throw .notFound(path: path)
        }
        var edit = TextEdit(start)
        for index in replacements.indices {
            guard !cancellation.isCancelled else { throw .interrupted(path: path) }
            do throws(EditFailure) {
                try edit.apply(replacements[index])
            } catch {
                let which =
                    input.replacements.count > 1
                    ? "Replacement \(index + 1) of \(input.replacements.count): " : ""
                return FileCall.Answer(
                    outcome: .failure("\(path) was not changed. \(which)\(error)"))
            }
        }
        return try replace(old, with: edit.bytes, summary(edit, isNew: old == nil))
    }

    /// Where a call would write, links followed; nil for what is no path of the workspace.
    ///
    /// The parts that are not there yet are taken as they are named.
    static func place(of path: String, in workspace: Workspace) throws(PathError) -> String {
        var parts = try workspace.relative(path).pathComponents
        var missing: [String] = []
        while true {
            do throws(PathError) {
                let (_, found) = try workspace.locate(parts.joined(separator: "/"))
                let place = ([found] + missing).filter { !$0.isEmpty }.joined(separator: "/")
                guard !place.isEmpty else { throw PathError.isFolder(path: path) }
                try workspace.checkChange(place, named: path)
                return place
            } catch .notFound {
                guard let last = parts.popLast() else { throw .notFound(path: path) }
                missing.insert(last, at: 0)
            }
        }
    }

    /// The file that is there now, if any; not through a link, for none was there before.
    private func existing() throws(PathError) -> FileContent? {
        let opened = Beneath.open(
            path, in: workspace.descriptor, flags: OpenFlags.path, links: .refuse)
        switch opened {
        case .success(let entry): return try FileContent(entry, named: path)
        case .failure(let error) where error == .notThere: return nil
        case .failure(let error): throw PathError(error, path: path)
        }
    }

    private func refusal(_ old: FileContent?) -> ToolOutcome? {
        guard let old, !old.bytes.isEmpty else { return nil }
        guard !old.isBinary else {
            return .failure(
                "\(path) is a binary file and was not changed. Use Bash for such files.")
        }
        return switch ledger.judge(workspace.absolute(path), now: old.reading) {
        case .unchanged: nil
        case .neverRead:
            .failure(
                "\(path) was not changed: Read it first, so that the change fits what is there.")
        case .changed:
            .failure("\(path) was not changed: it is no longer as you read it. Read it again.")
        }
    }

    private func replace(
        _ old: FileContent?, with bytes: [UInt8], _ summary: @autoclosure () -> String
    ) throws(PathError) -> FileCall.Answer {
        let replacement = FileReplacement(
            workspace: workspace, path: path, old: old, cancellation: cancellation)
        let seen = SeenFile(
            path: workspace.absolute(path), reading: try replacement.write(bytes))
        return FileCall.Answer(outcome: ToolOutcome(text: summary()), seen: seen)
    }

    /// How all lines of a file end; nil if they don't end alike.
    private static func onlyEnd(of bytes: [UInt8]) -> LineEnd? {
        let counts = LineEnd.counts(in: bytes[...]).filter { $0.value > 0 }
        return counts.count == 1 ? counts.first?.key : nil
    }

    private func summary(_ edit: TextEdit, isNew: Bool) -> String {
        guard !isNew else { return "Made \(path) (\(edit.bytes.count) bytes)." }
        var line = 1
        LineEnd.forEach(in: edit.bytes[..<edit.lastChange]) { _ in line += 1 }
        let page = FilePage(
            edit.bytes, ReadInput(path: path, firstLine: max(1, line - 3), lineCount: 12))
        return "Changed \(path) in \(edit.changes) \(edit.changes == 1 ? "place" : "places"). "
            + "Around the last change:\n\(page.text)"
    }
}
