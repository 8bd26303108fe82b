import System

/// Read: a part of a text file with line numbers.
struct ReadTool {
    let workspace: Workspace

    func run(_ input: ReadInput) throws(PathError) -> FileCall.Answer {
        let content: FileContent
        var seen: SeenFile?
        if let kept = workspace.outputs.open(input.path) {
            content = try read(kept, named: input.path)
        } else {
            let (entry, path) = try workspace.locate(input.path)
            content = try FileContent(entry, named: input.path)
            seen = SeenFile(path: workspace.absolute(path), reading: content.reading)
        }
        guard !content.isBinary else {
            return FileCall.Answer(
                outcome: .failure(
                    "\(input.path) is a binary file of \(content.bytes.count) bytes, and Read "
                        + "shows text only. Use Bash with file, xxd or strings."))
        }
        return FileCall.Answer(
            outcome: ToolOutcome(text: FilePage(content.bytes, input).text), seen: seen)
    }

    private func read(
        _ kept: Result<OwnedDescriptor, Errno>, named name: String
    ) throws(PathError) -> FileContent {
        switch kept {
        case .success(let entry): try FileContent(entry, named: name)
        case .failure(let error): throw PathError(error, path: name)
        }
    }
}

/// Lines of a file as Read shows them: a number, a tab, the line.
struct FilePage {
    /// At most ``ToolLimits/maximumReadBytes`` and a sentence.
    private(set) var text = ""

    init(_ bytes: [UInt8], _ input: ReadInput) {
        guard !bytes.isEmpty else {
            text = "(The file is empty.)"
            return
        }
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let end = input.firstLine - 1 + (input.lineCount ?? ToolLimits.defaultReadLines)
        var next = input.firstLine
        var count = 0
        for line in FileLines(bytes.dropFirst(isMarked ? 3 : 0)) {
            count += 1
            guard count == next, next <= end, text.utf8.count < ToolLimits.maximumReadBytes else {
                continue
            }
            text += Self.numbered(next, line)
            next += 1
        }
        guard input.firstLine <= count else {
            text = "(The file has \(count) lines; there is none from \(input.firstLine) on.)"
            return
        }
        if next <= count { text += "(\(count) lines in all; go on with offset \(next).)\n" }
        if !bytes.isValidUTF8 {
            text += "(Some bytes of this file are not UTF-8 and are shown as \u{FFFD}.)\n"
        }
    }

    private static func numbered(_ number: Int, _ line: ArraySlice<UInt8>) -> String {
        let digits = String(number)
        let shown = ShownText.clean(line.prefix(ToolLimits.maximumLineBytes))
        let cut = line.count - ToolLimits.maximumLineBytes
        return String(repeating: " ", count: max(0, 6 - digits.count)) + digits + "\t" + shown
            + (cut > 0 ? "… (\(cut) more bytes in this line)" : "") + "\n"
    }
}
