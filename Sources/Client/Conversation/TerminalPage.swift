import Daemon

/// Turns a conversation's actions into what is written: text to standard output, everything about
/// it to standard error, so that `switchboard send … > answer.txt` holds the answer alone.
///
/// On a terminal nothing that a model or a tool wrote can move the cursor or hide text.
package struct TerminalPage: Sendable {
    package enum Piece: Equatable, Sendable {
        case output(String)
        case error(String)
    }

    private let outputIsTerminal: Bool
    private let errorIsTerminal: Bool
    private let isColoured: Bool
    private var isMidLine = false
    private var isPrompting = false

    package init(outputIsTerminal: Bool, errorIsTerminal: Bool, isColoured: Bool) {
        self.outputIsTerminal = outputIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.isColoured = isColoured && errorIsTerminal
    }

    /// What an action shows; nothing for those that do something.
    package mutating func show(_ action: Conversation.Action) -> [Piece] {
        switch action {
        case .text(let text): write(text)
        case .endParagraph: endLine()
        case .note(let line): about(line, .dim)
        case .warning(let line): about(line, .red)
        case .ask(let question): prompt(question)
        case .withdrawQuestion: leavePrompt()
        case .end: leavePrompt() + endLine()
        case .post, .answer, .takeBack, .abort, .reread, .endSoon: []
        }
    }

    /// The person typed a line, which the terminal has shown and ended.
    package mutating func typedLine() { isPrompting = false }

    private enum Style: Int {
        case bold = 1
        case dim = 2
        case red = 31
    }

    private mutating func write(_ text: String) -> [Piece] {
        let shown = outputIsTerminal ? Self.printable(text) : text
        guard !shown.isEmpty else { return [] }
        let before = leavePrompt()
        isMidLine = !shown.hasSuffix("\n")
        return before + [.output(shown)]
    }

    private mutating func endLine() -> [Piece] {
        guard isMidLine else { return [] }
        isMidLine = false
        return [.output("\n")]
    }

    /// On the same screen a line begins at its beginning; elsewhere the text stays as it was.
    private mutating func about(_ line: String, _ style: Style) -> [Piece] {
        let before = leavePrompt() + (outputIsTerminal && errorIsTerminal ? endLine() : [])
        return before + [.error(styled(line, style) + "\n")]
    }

    private mutating func prompt(_ question: Question) -> [Piece] {
        var pieces = about("\(question.toolName) asks for permission:", .bold)
        for text in [question.command, question.description] where !text.isEmpty {
            for line in text.split(whereSeparator: \.isNewline) {
                pieces.append(.error("    \(LogText.printable(String(line)))\n"))
            }
        }
        let always =
            question.remembers.map { "always, which remembers \(LogText.printable($0))" }
            ?? "yes, since nothing of it can be remembered"
        pieces.append(.error("Allow it? y = yes, n = no, a = \(always): "))
        isPrompting = true
        return pieces
    }

    private mutating func leavePrompt() -> [Piece] {
        guard isPrompting else { return [] }
        isPrompting = false
        return [.error("\n")]
    }

    private func styled(_ line: String, _ style: Style) -> String {
        let shown = LogText.printable(line)
        return isColoured ? "\u{1b}[\(style.rawValue)m\(shown)\u{1b}[0m" : shown
    }

    /// Line feeds and tabs as they are, carriage returns left out, and the joiner of emoji kept.
    private static func printable(_ text: String) -> String {
        var shown = ""
        var run = String.UnicodeScalarView()
        func flush() {
            shown += LogText.printable(String(run))
            run.removeAll()
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r": break
            case "\n", "\u{200d}":
                flush()
                shown.unicodeScalars.append(scalar)
            default: run.append(scalar)
            }
        }
        flush()
        return shown
    }
}
