import JSON

/// Decides what the demo model says next, from the conversation alone.
///
/// A prompt is answered by a tour of what an agent does: it looks around with Bash, then writes a
/// file of the workspace or edits the one that it wrote before, so that a permission question
/// appears, and ends by saying what came of it.
enum Script {
    /// The file of the workspace that the tour writes; a relative path.
    static let fileName = "switchboard-demo.md"

    static func scene(for request: ModelRequest) -> Scene {
        if request.endsWithAssistant {
            return .says("And here the paused turn goes on to its end.")
        }
        let exchanges = request.exchanges
        if exchanges.isEmpty {
            let words = MagicWords(request.prompt).words
            if !words.isEmpty { return scene(for: words, request) }
            return opening(request)
        }
        return next(after: exchanges, request)
    }

    private static func opening(_ request: ModelRequest) -> Scene {
        guard let tool = firstTool(request) else {
            return withThinking(
                [
                    .text(
                        .words(
                            "I am Switchboard's demo model: a script, not a language model. "
                                + "You wrote: \(request.prompt.prefix(200))"))
                ], request)
        }
        return withThinking(
            [
                .text(
                    .words(
                        "I am Switchboard's demo model: a script, not a language model. "
                            + "The tools around me are real, so I begin by looking around.")),
                tool,
            ], request)
    }

    private static func firstTool(_ request: ModelRequest) -> Scene.Block? {
        if request.tool("Bash") != nil {
            return .toolUse(
                name: "Bash",
                input: ["command": "ls -la", "description": "List the files of the workspace"])
        }
        return request.tools.first.flatMap { tool in
            tool["name"]?.stringValue.map { name in
                .toolUse(name: name, input: SampleInput.object(for: tool["input_schema"]))
            }
        }
    }

    private static func withThinking(
        _ blocks: [Scene.Block], _ request: ModelRequest
    ) -> Scene {
        let thought = Scene.Block.thinking(
            "A demo model does not think. It follows a script that reacts to what its tools say.")
        return Scene(request.wantsThinking ? [thought] + blocks : blocks)
    }

    private static func next(after exchanges: [Exchange], _ request: ModelRequest) -> Scene {
        guard MagicWords(request.prompt).words.isEmpty, request.tool("Write") != nil,
            let last = exchanges.last
        else { return conclusion(exchanges) }
        switch last.name {
        case "Bash" where last.result.contains(fileName) && request.tool("Edit") != nil:
            return Scene([
                .text(.words("There is the file of an earlier run, so I read it first.")),
                .toolUse(name: "Read", input: ["file_path": .string(fileName)]),
            ])
        case "Bash": return Scene([.text(.words(seen(last))), write])
        case "Read": return Scene([.text(.words("Now I count this run in it.")), edit(last)])
        default: return conclusion(exchanges)
        }
    }

    private static func seen(_ listing: Exchange) -> String {
        let count = listing.result.split(whereSeparator: \.isNewline).count
        return listing.isError
            ? "Looking around failed, but I can still write a file."
            : "I see \(count) lines. Now I write a file, which needs your permission in ask mode."
    }

    private static var write: Scene.Block {
        .toolUse(
            name: "Write",
            input: [
                "file_path": .string(fileName),
                "content": "# Switchboard's demo\n\nThe demo model wrote this file.\n\nRuns: 1\n",
            ])
    }

    /// Counts up the number that the file shows; a file without one is written anew.
    private static func edit(_ reading: Exchange) -> Scene.Block {
        let line = reading.result.split(whereSeparator: \.isNewline).lazy
            .compactMap { $0.split(separator: "Runs: ").last.flatMap { Int($0) } }.last
        guard let runs = line, !reading.isError, runs < Int.max else { return write }
        return .toolUse(
            name: "Edit",
            input: [
                "file_path": .string(fileName), "old_string": "Runs: \(runs)",
                "new_string": "Runs: \(runs + 1)",
            ])
    }

    private static func conclusion(_ exchanges: [Exchange]) -> Scene {
        let failed = exchanges.filter(\.isError)
        let last = exchanges.last?.result.prefix(200) ?? ""
        if let failure = failed.last {
            return .says(
                "\(failure.name) was not done: \(failure.result.prefix(200)) "
                    + "So nothing was changed by it.")
        }
        return .says("Done with \(exchanges.count) tool calls. The last one said: \(last)")
    }
}
