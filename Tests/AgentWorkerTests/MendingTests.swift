import AgentWorker
import ClaudeAPI
import DemoModel
import JSON
import Protocol
import Realtime
import Testing

/// Conversations that an endpoint refuses, and what a model says that it would.
@Suite struct MendingTests {
    private func refused(_ message: String) -> RunEvent {
        .model(.failed(.api(APIError(kind: .invalidRequest, status: 400, message: message))))
    }

    private func complaint(_ script: Script) -> String? {
        let messages = script.questions.last?.messages ?? []
        return RequestCheck.complaint(
            about: MessagesRequest(model: "m", maximumTokens: 1, messages: messages).json)
    }

    private let thinking = ContentBlock.thinking("Hm", signature: "of another model")

    @Test func `what only another model can read is left out, said, and asked once more`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([thinking, Script.bash("t1")])
        try script.prepare("t1")
        script.send(.toolFinished(toolUse: "t1", .init(text: "done")))
        script.send(refused("messages.1.content.0: Invalid `signature` in `thinking` block"))
        #expect(script.questions.count == 3)
        let blocks = script.questions.last?.messages.flatMap(\.content) ?? []
        #expect(!blocks.contains { $0.isThinking })
        #expect(blocks.contains(Script.bash("t1")))
        let notice = script.notices(.textComplete).last?.fields["text"]?.stringValue
        #expect(notice?.contains("refused the conversation") == true)
        // The record is mended, too.
        #expect(Conversation(script.entries).messages == script.questions.last?.messages)
        script.answer([.text("Done")], stop: .endTurn)
        #expect(script.outcome == .complete)
    }

    @Test func `what is refused again is told in words, and then it is an error`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([thinking, Script.bash("t1")])
        try script.prepare("t1")
        script.send(.toolFinished(toolUse: "t1", .init(text: "done")))
        script.send(refused("messages.1: no"))
        script.send(refused("messages.1: still no"))
        let blocks = script.questions.last?.messages.flatMap(\.content) ?? []
        #expect(blocks.allSatisfy { if case .text = $0 { true } else { false } })
        #expect(blocks.contains { "\($0)".contains("touch x") })
        #expect(complaint(script) == nil)
        script.send(refused("messages.1: never"))
        #expect(script.errorCode == "MODEL_REJECTED_REQUEST")
        #expect(script.questions.count == 4)
    }

    @Test func `a refusal that the conversation is not the reason of is told at once`() {
        var script = Script()
        script.begin()
        script.send(refused("model: claude-none does not exist"))
        #expect(script.errorCode == "MODEL_REJECTED_REQUEST")
        #expect(script.questions.count == 1)
    }

    @Test func `thinking stays within its run: the next may have another model`() {
        let entries = [
            TranscriptEntry(personsText: "Hi"),
            TranscriptEntry(RequestMessage(.assistant, [thinking, .text("Hello")])),
            TranscriptEntry(personsText: "And?"),
        ]
        #expect(
            Conversation(entries).messages.map(\.content) == [
                [.text("Hi")], [.text("Hello")], [.text("And?")],
            ])
    }

    @Test func `a conversation that was kept broken is mended where it is read`() {
        let broken = #"""
            [{"type":"text","text":" "},{"type":"thinking","thinking":"x"},{"type":"melody"},
            {"type":"tool_use","id":"a b","name":"","input":{}},{"type":"tool_use","id":"same",
            "name":"mcp: x","input":[]},{"type":"tool_use","id":"same","name":"B","input":{}}]
            """#
        let results = #"""
            [{"type":"tool_result","tool_use_id":"same","content":"1"},{"type":"tool_result",
            "tool_use_id":"a b","content":"0"},{"type":"tool_result","tool_use_id":"same",
            "content":"2"},{"type":"tool_result","tool_use_id":"other","content":"3"}]
            """#
        let entries = [
            TranscriptEntry(personsText: " \n"),
            TranscriptEntry(role: .assistant, content: Array(broken.utf8)),
            TranscriptEntry(role: .user, content: Array(results.utf8)),
            TranscriptEntry(role: .assistant, content: Array(broken.utf8)),
            TranscriptEntry(role: .user, content: Array(results.utf8)),
        ]
        var script = Script()
        script.begin(entries)
        #expect(complaint(script) == nil)
        let given = (script.questions.last?.messages ?? []).flatMap(\.content).compactMap { block in
            if case .toolResult(let result) = block { result.content } else { nil }
        }
        #expect(given == ["0", "1", "2", "0", "1", "2"])
        #expect(script.questions.last?.messages.first?.content == [.text(Conversation.emptyText)])
    }

    @Test func `tools that share an id are told apart, in one answer and over answers`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1"), Script.bash("t1", "ls")])
        #expect(script.all.contains(.count(.toolID)))
        try script.prepare("t1")
        script.send(.toolFinished(toolUse: "t1", .init(text: "first")))
        try script.prepare("turn-4-1-1")
        script.send(.toolFinished(toolUse: "turn-4-1-1", .init(text: "second")))
        script.answer([Script.bash("t1")])
        #expect(complaint(script) == nil)
        let shown = script.notices(.toolStart).compactMap { $0.fields["toolUseId"]?.stringValue }
        #expect(Set(shown).count == shown.count)
    }

    @Test func `an endpoint that counts no tokens does not keep a run from a summary`() throws {
        var limits = RunLimits()
        limits.contextWindow = 50_000
        for usage in [Usage(), Usage(outputTokens: 5), Usage(inputTokens: 1 << 40)] {
            var script = Script(mode: .allowAll, limits: limits)
            script.begin()
            for number in 1...3 where script.questions.last?.purpose == .answer {
                script.answer([Script.bash("t\(number)")], usage: usage)
                try script.prepare("t\(number)")
                let output = String(repeating: "o", count: 90_000)
                script.send(.toolFinished(toolUse: "t\(number)", .init(text: output)))
            }
            #expect(script.questions.map(\.purpose) == [.answer, .answer, .summary])
        }
    }

    @Test func `counts without measure stay counts`() {
        var script = Script()
        script.begin()
        let most = Usage(
            inputTokens: .max, outputTokens: .max, cacheReadTokens: .max, cacheCreationTokens: .max)
        script.send(.model(.started(id: "m", model: "m", usage: most)))
        script.answer([.text("Hi")], stop: .endTurn, usage: most)
        let usage = script.notices(.usage).first
        #expect(usage?.fields["inputTokens"]?.integerValue == Int64(Usage.maximumCount))
        let report = TokenUsage(inputTokens: .max, outputTokens: .min, cacheReadTokens: 1 << 53)
        let sum = report.adding(report).adding(report)
        #expect(sum.inputTokens == TokenUsage.maximumCount)
        #expect(sum.outputTokens == 0)
        #expect(sum.cacheReadTokens == TokenUsage.maximumCount)
        #expect(report.since(TokenUsage(inputTokens: .min, outputTokens: .max)).outputTokens == 0)
    }

    @Test func `an answer that no entry of the transcript holds is left out and said`() {
        var script = Script()
        script.begin()
        script.answer([.text(String(repeating: "\u{1}", count: 1 << 20))], stop: .endTurn)
        #expect(script.errorCode == "MODEL_PROTOCOL_ERROR")
        #expect(script.entries.count == 1)
    }
}
