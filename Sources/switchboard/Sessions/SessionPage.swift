import Daemon
import JSON

/// What `sessions show` prints of one session for a person.
struct SessionPage {
    /// As REST shows it.
    let session: JSONValue
    /// The last ones, oldest first.
    let messages: [JSONValue]
    /// Permission questions that nobody has answered.
    let questions: [JSONValue]

    private let output = LineOutput(environment: ProcessEnvironment.variables())
    /// Of a text on a line of its own.
    private static let maximumCharacters = 160

    init(session: JSONValue, messages: [JSONValue], questions: [JSONValue]) {
        self.session = session
        self.messages = messages
        self.questions = questions
    }

    /// The same for a program: the session with `messages` and `permissions` in it.
    var json: JSONValue {
        var fields = session.objectValue ?? [:]
        fields["messages"] = .array(messages)
        fields["permissions"] = .array(questions)
        return .object(fields)
    }

    func show() {
        Output.line(bold("\(cell("name")) (\(cell("id")))"))
        let status = cell("status")
        let shade = Self.colour(ofStatus: status)
        row("status", shade.map { output.coloured(status, $0) } ?? status)
        row("mode", cell("mode"))
        row("agent", [cell("agent"), cell("model")].filter { $0 != "-" }.joined(separator: ", "))
        row("folder", cell("workingDirectory"))
        row("usage", usage)
        row("updated", cell("updatedAt"))
        showQuestions()
        showMessages()
    }

    /// What a status looks like, here and in lists.
    static func colour(ofStatus status: String) -> LineOutput.Colour? {
        switch status {
        case "running": .cyan
        case "waiting": .yellow
        case "failed": .red
        case "interrupted": .magenta
        default: nil
        }
    }

    private func showQuestions() {
        guard !questions.isEmpty else { return }
        Output.line("")
        Output.line(output.coloured("Waiting for an answer:", .yellow))
        for question in questions {
            let what = [question["command"], question["description"]]
                .compactMap { $0?.stringValue }.first { !$0.isEmpty }
            let end = Output.cell(question["expiresAt"])
            Output.line(
                "  \(Output.cell(question["requestId"])) \(Output.cell(question["toolName"])) "
                    + Self.shortened(what ?? "") + (end == "-" ? "" : " (until \(end))"))
        }
    }

    private func showMessages() {
        guard !messages.isEmpty else { return }
        let count = session["messageCount"]?.integerValue ?? Int64(messages.count)
        let more = count > messages.count ? " (the last \(messages.count) of \(count))" : ""
        Output.line("")
        Output.line(bold("Messages\(more):"))
        for message in messages {
            let role = Output.cell(message["role"])
            switch role {
            case "tool":
                let name = Output.cell(message["toolName"])
                let failed = message["isError"] == true ? " failed" : ""
                let result = Self.shortened(message["result"]?.stringValue ?? "")
                Output.line(output.coloured("  \(name)\(failed): \(result)", .dim))
            default:
                Output.line(
                    "  \(bold(role)): \(Self.shortened(message["text"]?.stringValue ?? ""))")
            }
        }
    }

    /// `1200 in, 80 out, context 30 % of 200000`; nothing before the first run.
    private var usage: String {
        guard let usage = session["usage"], let input = usage["inputTokens"]?.integerValue,
            let output = usage["outputTokens"]?.integerValue
        else { return "" }
        var words = "\(input) in, \(output) out"
        if let context = usage["contextTokens"]?.integerValue,
            let window = usage["contextWindow"]?.integerValue, window > 0
        {
            words += ", context \(context * 100 / window) % of \(window)"
        }
        return words
    }

    private func row(_ title: String, _ text: String) {
        guard !text.isEmpty, text != "-" else { return }
        let space = String(repeating: " ", count: max(1, 10 - title.count))
        Output.line(output.coloured(title, .dim) + space + text)
    }

    private func cell(_ key: String) -> String { Output.cell(session[key]) }

    private func bold(_ text: String) -> String { output.coloured(text, .bold) }

    /// One line of a text that may have many, and may hold what moves a cursor.
    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
        let cut = line.count > maximumCharacters ? line.prefix(maximumCharacters) + "…" : line[...]
        return LogText.printable(String(cut))
    }
}
