import JSON
import Testing
import Tools

@Suite struct `Tool inputs` {
    @Test func `a model is told of every tool by the names that people know`() throws {
        #expect(
            ToolDefinition.all.map(\.name) == [
                "Read", "Write", "Edit", "MultiEdit", "Bash", "Glob", "Grep", "TodoWrite",
                "WebFetch",
            ])
        let fields = ToolDefinition.all.map { definition in
            (definition.inputSchema["properties"]?.objectValue?.keys ?? []).joined(separator: " ")
        }
        #expect(
            fields == [
                "file_path offset limit", "file_path content",
                "file_path old_string new_string replace_all", "file_path edits",
                "command timeout description", "pattern path include_ignored",
                "pattern path glob type output_mode -i -n -A -B -C multiline head_limit", "todos",
                "url prompt",
            ])
        for definition in ToolDefinition.all {
            let again = try JSONValue(parsing: definition.json.encoded())
            #expect(again == definition.json)
            #expect(again["input_schema"]?["additionalProperties"] == false)
            #expect(again["description"]?.stringValue?.isEmpty == false)
        }
    }

    @Test func `every tool takes its own fields`() throws {
        #expect(
            try parse("Read", ["file_path": "a", "offset": 3, "limit": 4.0])
                == .read(ReadInput(path: "a", firstLine: 3, lineCount: 4)))
        guard
            case .edit(let edit) = try parse(
                "MultiEdit",
                ["file_path": "a", "edits": [["old_string": "x", "new_string": "y"]]]),
            case .bash(let bash) = try parse("Bash", ["command": "ls", "timeout": 600_000]),
            case .grep(let grep) = try parse(
                "Grep", ["pattern": "x", "-n": false, "-C": 2, "output_mode": "content"]),
            case .todoWrite(let todos) = try parse(
                "TodoWrite", ["todos": [["content": "a", "status": "in_progress"]]])
        else {
            Issue.record("an input was read as that of another tool")
            return
        }
        #expect(edit.replacements.count == 1 && !edit.replacements[0].replacesAll)
        #expect(bash.timeout == .seconds(600))
        #expect(!grep.showsLineNumbers && grep.linesBefore == 2 && grep.outputMode == .content)
        #expect(todos.first?.status == .inProgress)
    }

    @Test(
        arguments: [
            ("Read", [:], ["file_path is required"]),
            ("Read", ["file_path": 1], ["file_path must be a string"]),
            ("Read", ["file_path": "a\0b"], ["must not hold a NUL"]),
            ("Read", ["file_path": "a", "offset": -1], ["offset must be a whole number from 0"]),
            ("Read", ["file_path": "a", "limit": 1.5], ["limit must be a whole number"]),
            (
                "Read", ["path": "a"],
                ["path is not known; the fields are file_path", "is required"]
            ),
            ("Bash", ["command": ""], ["command must not be empty"]),
            ("Bash", ["command": "ls", "timeout": 600_001], ["from 1 to 600000"]),
            (
                "Bash", ["command": "ls", "run_in_background": true],
                ["run_in_background is not known"]
            ),
            ("Edit", ["file_path": "a"], ["old_string is required", "new_string is required"]),
            ("Edit", ["file_path": "a", "old_string": "x", "new_string": "x"], ["must differ"]),
            ("MultiEdit", ["file_path": "a", "edits": []], ["edits must be an array of 1 to"]),
            ("MultiEdit", ["file_path": "a", "edits": ["x"]], ["edits[0] must be an object"]),
            (
                "MultiEdit", ["file_path": "a", "edits": [["old_string": "x"]]],
                ["edits[0].new_string"]
            ),
            ("Grep", ["pattern": "x", "output_mode": "lines"], ["\"files_with_matches\""]),
            ("TodoWrite", ["todos": [["content": "a"]]], ["todos[0].status is required"]),
            ("Task", [:], ["there is no such tool; the tools are Read, Write"]),
            ("bash", ["command": "ls"], ["there is no such tool"]),
        ] as [(String, JSONObject, [String])])
    func `what is wrong is named, all of it, with what would be right`(
        _ name: String, _ input: JSONObject, _ parts: [String]
    ) {
        let error = #expect(throws: ToolInputError.self) { try parse(name, input) }
        for part in parts {
            #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        }
    }

    @Test(
        arguments: [
            ("12", 12), ("12.0", 12), ("1", 1), ("0", nil), ("100000000", 100_000_000),
            (" 12 ", nil), ("", nil), ("012", nil), ("+12", nil), ("0x1F", nil), ("1e3", nil),
            ("12.5", nil), ("12.", nil), (".0", nil), ("-12", nil), ("1_000", nil), ("１２", nil),
            ("99999999999999999999", nil), ("twelve", nil), ("true", nil), ("12\u{301}", nil),
        ] as [(String, Int?)])
    func `a number in quotes is taken where it can mean nothing else`(
        _ text: String, _ number: Int?
    ) throws {
        let input = try? parse("Read", ["file_path": "a", "limit": .string(text)])
        #expect(
            input == number.map { .read(ReadInput(path: "a", firstLine: 1, lineCount: $0)) })
    }

    @Test(
        arguments: [
            ("true", true), ("false", false), ("True", true), ("False", false), ("TRUE", nil),
            ("yes", nil), ("1", nil), ("", nil), (" true", nil), ("true\u{301}", nil),
        ] as [(String, Bool?)])
    func `a boolean in quotes is taken where it can mean nothing else`(
        _ text: String, _ flag: Bool?
    ) throws {
        let input = try? parse(
            "MultiEdit",
            [
                "file_path": "a",
                "edits": [
                    ["old_string": "x", "new_string": "y", "replace_all": .string(text)]
                ],
            ])
        guard case .edit(let edit)? = input else { return #expect(flag == nil) }
        #expect(edit.replacements[0].replacesAll == flag)
        guard case .grep(let grep) = try parse("Grep", ["pattern": "x", "-n": .string(text)])
        else { return }
        #expect(grep.showsLineNumbers == flag)
    }

    @Test func `a question shows the beginning of a change, however long`() throws {
        let lines = String(repeating: "a\r\n", count: 4_000_000)
        let input = try parse(
            "Edit", ["file_path": "a", "old_string": .string(lines), "new_string": "b\rc"])
        let call = ToolCall(id: "1", name: "Edit", input: [:])
        let time = ContinuousClock().measure {
            let shown = PreparedCall(call: call, input: input, path: "a").question.description
            #expect(shown.hasPrefix("- a\n- a\n") && shown.utf8.count < 4_100)
        }
        #expect(time < .seconds(1))
    }

    @Test func `the digest of a call is that of its exact input`() {
        let call = ToolCall(id: "1", name: "Bash", input: ["command": "ls"])
        #expect(call.digest == ToolCall(id: "2", name: "Bash", input: ["command": "ls"]).digest)
        #expect(call.digest != ToolCall(id: "1", name: "Bash", input: ["command": "ls "]).digest)
        #expect(call.digest != ToolCall(id: "1", name: "Bas", input: ["command": "ls"]).digest)
    }

    @Test func `intents are short, whatever the input`() throws {
        let long = String(repeating: "ü", count: 5_000)
        for input: ToolInput in [
            try parse("Bash", ["command": .string(long)]),
            try parse("Grep", ["pattern": .string(String(long.prefix(1_000)))]),
        ] {
            #expect(input.intent.utf8.count < 150)
            #expect(input.intent.hasSuffix("…"))
        }
        #expect(
            try parse("Bash", ["command": "ls", "description": "List files"]).intent
                == "List files")
    }

    private func parse(_ name: String, _ input: JSONObject) throws -> ToolInput {
        try ToolInput(parsing: ToolCall(id: "1", name: name, input: input))
    }
}
