import JSON

/// How a call is put to a person who has to allow it.
public struct PermissionQuestion: Sendable, Equatable {
    public let toolName: String
    /// Exactly what would be done: a command line, a file, an address.
    public let command: String
    /// What it is for or what would change, shortened.
    public let description: String

    /// Of a change that is shown: what is asked on a phone has to be read there.
    static let maximumBytes = 4_000
}

extension ToolInput {
    /// What a call is for, in a few words (`toolIntent`).
    public var intent: String {
        switch self {
        case .read(let input): "Read \(input.path)"
        case .write(let input): "Write \(input.path)"
        case .edit(let input): "Edit \(input.path)"
        case .bash(let input): input.description ?? "Run \(input.command.shortened(to: 80))"
        case .glob(let input): "Find \(input.pattern.shortened(to: 80))"
        case .grep(let input): "Search for \(input.pattern.shortened(to: 80))"
        case .todoWrite(let todos):
            todos.first { $0.status == .inProgress }.map { $0.activeForm ?? $0.content }
                ?? "Update the to-do list"
        case .webFetch(let input): "Fetch \(input.url.shortened(to: 120))"
        }
    }

    /// The question for permission.
    /// - Parameters:
    ///   - path: where the file really is, as ``PreparedCall/path`` says.
    ///   - warning: what stands before the description.
    func question(toolName: String, path: String?, warning: String?) -> PermissionQuestion {
        let question = question(toolName: toolName, path: path ?? "")
        guard let warning else { return question }
        return PermissionQuestion(
            toolName: question.toolName, command: question.command,
            description: "\(warning)\n\(question.description)")
    }

    private func question(toolName: String, path place: String) -> PermissionQuestion {
        switch self {
        case .bash(let input):
            PermissionQuestion(
                toolName: toolName, command: input.command,
                description: input.description ?? "Run a command in the workspace")
        case .write(let input):
            PermissionQuestion(
                toolName: toolName, command: "\(toolName) \(place)",
                description: "New content, \(input.content.utf8.count) bytes:\n"
                    + input.content.shortened(to: 2_000))
        case .edit(let input):
            PermissionQuestion(
                toolName: toolName, command: "\(toolName) \(place)",
                description: Self.sketch(input.replacements))
        case .webFetch(let input):
            PermissionQuestion(
                toolName: toolName, command: input.url,
                description: input.prompt ?? "Fetch a page of the web")
        case .read, .glob, .grep, .todoWrite:
            PermissionQuestion(toolName: toolName, command: intent, description: intent)
        }
    }
}

extension ToolInput {
    private static func sketch(_ replacements: [EditInput.Replacement]) -> String {
        var text = ""
        for replacement in replacements where text.utf8.count <= PermissionQuestion.maximumBytes {
            text += (text.isEmpty ? "" : "\n") + replacement.sketch
        }
        return text.shortened(to: PermissionQuestion.maximumBytes)
    }
}

extension EditInput.Replacement {
    /// Old lines after a minus, new ones after a plus.
    fileprivate var sketch: String {
        (Self.lines(old, "- ") + Self.lines(new, "+ ")).joined(separator: "\n")
            + (replacesAll ? "\n(every occurrence)" : "")
    }

    /// No more than is shown: a text may have millions of lines.
    private static func lines(_ text: String, _ sign: String) -> [String] {
        FileLines(Array(text.shortened(to: PermissionQuestion.maximumBytes).utf8)[...])
            .map { sign + String(decoding: $0, as: UTF8.self) }
    }
}

extension String {
    /// The beginning, with an ellipsis where something was cut off.
    func shortened(to maximumBytes: Int) -> String {
        guard utf8.count > maximumBytes else { return self }
        var end = utf8.index(startIndex, offsetBy: maximumBytes)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}
