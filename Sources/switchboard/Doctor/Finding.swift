import JSON

/// What one look of `switchboard doctor` found.
struct Finding {
    enum Level: String {
        case ok
        case warn
        case fail
    }

    let level: Level
    /// Which part was looked at: one word.
    let part: String
    let text: String
    /// What to do about it; nil where all is well.
    let remedy: String?

    static func ok(_ part: String, _ text: String) -> Finding {
        Finding(level: .ok, part: part, text: text, remedy: nil)
    }

    static func warn(_ part: String, _ text: String, _ remedy: String) -> Finding {
        Finding(level: .warn, part: part, text: text, remedy: remedy)
    }

    static func fail(_ part: String, _ text: String, _ remedy: String) -> Finding {
        Finding(level: .fail, part: part, text: text, remedy: remedy)
    }

    var json: JSONValue {
        [
            "level": .string(level.rawValue), "part": .string(part), "text": .string(text),
            "remedy": remedy.map { .string($0) } ?? .null,
        ]
    }

    func lines(_ terminal: LineOutput) -> [String] {
        let colour: LineOutput.Colour =
            switch level {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        let word = level.rawValue + String(repeating: " ", count: 6 - level.rawValue.count)
        let name = part + String(repeating: " ", count: max(1, 12 - part.count))
        let indent = String(repeating: " ", count: 18)
        let remedies = remedy.map { ["\(indent)mend: \($0)"] } ?? []
        return ["\(terminal.coloured(word, colour))\(name)\(text)"] + remedies
    }
}
