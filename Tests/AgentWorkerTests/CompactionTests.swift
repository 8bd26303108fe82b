import AgentWorker
import ClaudeAPI
import Protocol
import Realtime
import Testing
import Tools

/// Conversations that outgrow the model's context.
@Suite struct CompactionTests {
    private let overflow = RunEvent.model(
        .failed(
            .api(
                APIError(
                    kind: .invalidRequest, status: 400,
                    message: "prompt is too long: 210000 tokens > 200000 maximum"))))

    private func conversation(turns: Int, bytes: Int) -> [TranscriptEntry] {
        let text = String(repeating: "a", count: bytes)
        return (1...turns).flatMap { turn in
            [
                TranscriptEntry(personsText: "Q\(turn) \(text)"),
                TranscriptEntry(RequestMessage(.assistant, [.text("A\(turn) \(text)")])),
            ]
        } + [TranscriptEntry(personsText: "Last")]
    }

    @Test func `an overflow summarises the older turns, says so, and asks again`() {
        var script = Script()
        script.begin(conversation(turns: 10, bytes: 20_000))
        #expect(script.questions.last?.purpose == .answer)
        script.send(overflow)
        #expect(script.questions.last?.purpose == .summary)
        // The summary's own text is no answer to anybody.
        script.send(.model(.text("They", block: 0)))
        #expect(script.actions.isEmpty)
        script.answer([.text("They spoke.")], stop: .endTurn)
        let text = script.notices(.textComplete).first?.fields["text"]?.stringValue
        #expect(text?.contains("summarised") == true)
        let messages = script.questions.last?.messages ?? []
        guard case .text(let first)? = messages.first?.content.first else {
            Issue.record("no summary")
            return
        }
        #expect(first.hasSuffix("They spoke."))
        #expect(messages.last == RequestMessage(.user, [.text("Last")]))
        #expect(messages.count < 15)
        // What the hub keeps is what the model is shown.
        #expect(script.entries.first?.isSummary == true)
        #expect(Conversation(script.entries).messages == messages)
        script.answer([.text("Answer")], stop: .endTurn)
        #expect(script.outcome == .complete)
    }

    @Test func `a conversation that is nearly too long is summarised before it fails`() {
        var limits = RunLimits()
        limits.contextWindow = 50_000
        var script = Script(limits: limits)
        script.begin(conversation(turns: 10, bytes: 20_000))
        #expect(script.questions.map(\.purpose) == [.summary])
    }

    @Test func `a run that overflows by its own tools keeps the last exchange whole`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        for id in ["t1", "t2"] {
            script.answer([Script.bash(id)])
            try script.prepare(id)
            script.send(
                .toolFinished(
                    toolUse: id, ToolOutcome(text: String(repeating: "o", count: 150_000))))
        }
        script.send(overflow)
        script.answer([.text("Sum")], stop: .endTurn)
        let messages = script.questions.last?.messages ?? []
        #expect(messages.count == 3)
        #expect(messages[1].content == [Script.bash("t2")])
        #expect(Conversation(repairing: messages).messages == messages)
    }

    @Test func `an older part that is itself too long gives up its beginning`() {
        var script = Script()
        script.begin(conversation(turns: 10, bytes: 20_000))
        script.send(overflow)
        let whole = script.questions.last?.messages.count ?? 0
        script.send(overflow)
        #expect(script.questions.last?.purpose == .summary)
        #expect((script.questions.last?.messages.count ?? 0) < whole)
        script.answer([.text("Sum")], stop: .endTurn)
        #expect(script.questions.last?.purpose == .answer)
    }

    @Test func `what cannot be made shorter fails with a reason`() {
        var script = Script()
        script.begin()
        script.send(overflow)
        #expect(script.errorCode == "CONTEXT_TOO_LONG")
        script = Script()
        script.begin(conversation(turns: 10, bytes: 20_000))
        for _ in 1...10 {
            script.send(overflow)
            if script.questions.last?.purpose == .summary {
                script.answer([.text("Sum")], stop: .endTurn)
            }
        }
        #expect(script.errorCode == "CONTEXT_TOO_LONG")
        #expect(script.notices(.complete).count == 1)
    }

    @Test func `an answer that stops because the context is full leads to a summary`() {
        var script = Script()
        script.begin(conversation(turns: 10, bytes: 20_000))
        script.answer([.text("Half")], stop: .contextWindowExceeded)
        #expect(script.questions.last?.purpose == .summary)
    }

    @Test func `an abort while a summary is written changes nothing of the record`() {
        var script = Script()
        script.begin(conversation(turns: 10, bytes: 20_000))
        script.send(overflow, .abort(reason: "user:u"))
        #expect(script.actions.first == .cancelModel)
        #expect(script.types == [.interrupted, .complete])
        #expect(!script.all.contains { if case .record = $0 { true } else { false } })
    }
}
