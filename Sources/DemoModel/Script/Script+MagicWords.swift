import JSON

extension Script {
    static func scene(for words: [MagicWord], _ request: ModelRequest) -> Scene {
        let tools = words.compactMap(toolUse)
        if !tools.isEmpty { return Scene([.text(.words("As you ask."))] + tools) }
        guard let word = words.first else { return .says("As you ask.") }
        return scene(for: word)
    }

    private static func scene(for word: MagicWord) -> Scene {
        switch word {
        case .silence: return .says(longText, .silence)
        case .drop: return .says(longText, .drop)
        case .errorMidstream: return .says(longText, .error)
        case .unknownEvent: return .says(longText, .unknownEvents)
        case .halfUTF8: return .says("Grüße, 世界, 👩🏽‍🚀 – ½ π ∎ naïve café", .splitCharacters)
        case .tools(let count):
            return Scene(
                [.text(.words("\(count) tools at once."))]
                    + (0..<count).map { number in
                        .toolUse(
                            name: "Bash",
                            input: [
                                "command": "echo \(number)", "description": "Print a number",
                            ])
                    })
        case .maximumTokensTool:
            return Scene(
                [
                    .text(.words("I write a long file")),
                    .cutToolUse(
                        name: "Write",
                        partialInput: #"{"file_path": "cut.txt", "content": "It ends in the mid"#),
                ], stopReason: "max_tokens")
        case .refusal:
            return Scene([.text(.words("I cannot help"))], stopReason: "refusal")
        case .pauseTurn:
            return Scene([.text(.words("The turn pauses here."))], stopReason: "pause_turn")
        case .emptyText: return Scene([.text(.words(""))])
        case .contextWindow:
            return Scene(
                [.text(.words("The context is"))], stopReason: "model_context_window_exceeded")
        case .stream(let tokens): return Scene([.text(.counted(tokens: tokens))])
        case .clock(let tokens): return Scene([.text(.clock(tokens: tokens))])
        case .error, .retryAfter, .noStream, .contextOverflow, .tool, .output:
            return .says("After the mishap everything is well again.")
        }
    }

    private static func toolUse(_ word: MagicWord) -> Scene.Block? {
        switch word {
        case .output(let lines):
            return .toolUse(
                name: "Bash",
                input: ["command": "seq 1 \(lines)", "description": "Print many numbers"])
        case .tool(let name, let text):
            // A text that is no JSON object is sent as it stands: that too is worth a try.
            guard let value = try? JSONValue(parsing: Array(text.utf8)),
                let input = value.objectValue
            else { return .cutToolUse(name: name, partialInput: text) }
            return .toolUse(name: name, input: input)
        default: return nil
        }
    }

    private static let longText =
        "This text is long enough to have a middle, where something may go wrong, and an end."
}
