import AgentWorker
import ClaudeAPI
import Protocol
import Realtime
import Testing
import Tools

/// From a message to the answer of the model.
@Suite struct AnswerTests {
    @Test func `a message is answered and the run completes once`() {
        var script = Script()
        script.begin()
        #expect(
            script.questions == [
                ModelQuestion(.answer, [RequestMessage(.user, [.text("Hi")])])
            ])
        script.send(.model(.text("Hel", block: 0)), .model(.text("lo", block: 0)))
        #expect(Script.notices(script.actions).first?.fields["delta"] == "lo")
        script.answer([.text("Hello")], stop: .endTurn)
        #expect(script.types == [.textDelta, .textDelta, .textComplete, .usage, .complete])
        #expect(script.notices(.textComplete).first?.fields["isIntermediate"] == false)
        #expect(script.notices(.complete).first?.fields["usage"]?["outputTokens"] == 5)
        #expect(script.outcome == .complete)
        #expect(script.actions.last == .finish(.complete))
        #expect(
            script.entries.compactMap(\.message) == [
                RequestMessage(.user, [.text("Hi")]), RequestMessage(.assistant, [.text("Hello")]),
            ])
        #expect(
            script.told.map(\.type) == [
                .agentStatusChanged, .taskCompleted, .agentStatusChanged,
            ])
    }

    @Test func `after its end a run does nothing`() {
        var script = Script()
        script.begin()
        script.answer([.text("Hello")], stop: .endTurn)
        let count = script.all.count
        script.send(
            .abort(reason: "late"), .model(.text("x", block: 0)), .leaseLost, .deadline,
            .failed(RunFailure(.internal, "x")))
        #expect(script.all.count == count)
    }

    @Test func `texts and tools of one answer have one turn id`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.send(.model(.text("Look", block: 0)))
        script.answer([.text("Look"), Script.bash("t1")])
        try script.prepare("t1")
        script.send(.toolFinished(toolUse: "t1", ToolOutcome(text: "ok")))
        let turns = Script.notices(script.all).compactMap { $0.fields["turnId"]?.stringValue }
        #expect(turns == ["turn-4-1", "turn-4-1", "turn-4-1", "turn-4-1"])
        script.send(.model(.text("Done", block: 0)))
        #expect(Script.notices(script.actions).first?.fields["turnId"] == "turn-4-2")
    }

    @Test func `thinking is kept for the model and not shown as text`() {
        var script = Script()
        script.begin()
        script.send(.model(.thinking("hm", block: 0)))
        #expect(script.actions.isEmpty)
        script.answer([.thinking("hm", signature: "s"), .text("Yes")], stop: .endTurn)
        #expect(script.notices(.textComplete).first?.fields["text"] == "Yes")
        #expect(
            script.entries.last?.message?.content
                == [.thinking("hm", signature: "s"), .text("Yes")])
    }

    @Test func `a delta that is too long for one event comes in several`() {
        var script = Script()
        script.begin()
        let text = String(repeating: "ä", count: 40_000)
        script.send(.model(.text(text, block: 0)))
        let deltas = script.notices(.textDelta).compactMap { $0.fields["delta"]?.stringValue }
        #expect(deltas.count == 3)
        #expect(deltas.joined() == text)
    }

    @Test func `an attempt that failed in mid-stream is visible, and its text is not kept`() {
        var script = Script()
        script.begin()
        script.send(
            .model(.text("Half", block: 0)),
            .model(
                .retrying(
                    Retry(
                        attempt: 2, delay: .seconds(1), reason: .dropped, discardsPreview: true))),
            .model(.text("Whole", block: 0)), .abort(reason: "user:u"))
        #expect(
            script.notices(.textDelta)[1].fields["delta"]?.stringValue?.contains("again") == true)
        #expect(script.notices(.textComplete).map { $0.fields["text"] } == ["Whole"])
    }

    @Test func `an empty answer completes and leaves nothing that the API would refuse`() {
        var script = Script()
        script.begin()
        script.answer([.text(" \n")], stop: .endTurn)
        #expect(script.types == [.usage, .complete])
        #expect(script.entries.count == 1)
    }

    @Test func `a paused turn goes back unchanged`() {
        var script = Script()
        script.begin()
        let block = ContentBlock.other(["type": "server_tool_use", "id": "s"])
        script.answer([.text("Searching"), block], stop: .pauseTurn)
        #expect(
            script.questions.last?.messages.last
                == RequestMessage(.assistant, [.text("Searching"), block]))
        #expect(script.outcome == nil)
        script.answer([.text("Found")], stop: .endTurn)
        #expect(script.outcome == .complete)
    }

    @Test func `a refused turn is not kept, and the next message works`() {
        var script = Script()
        let before = [
            TranscriptEntry(personsText: "First"),
            TranscriptEntry(RequestMessage(.assistant, [.text("Yes")])),
        ]
        script.begin(before + [TranscriptEntry(personsText: "Bad")])
        script.send(.model(.text("I", block: 0)))
        script.answer([.text("I")], stop: .refusal)
        #expect(script.errorCode == "MODEL_REFUSED")
        #expect(script.outcome == .failed(.modelRefused))
        #expect(script.entries.compactMap(\.message) == before.compactMap(\.message))
        #expect(script.entries.first?.isSummary == true)
    }

    @Test func `a first message that is refused leaves an empty conversation`() {
        var script = Script()
        script.begin()
        script.answer([], stop: .refusal)
        let next = script.entries + [TranscriptEntry(personsText: "Better")]
        #expect(Conversation(next).messages == [RequestMessage(.user, [.text("Better")])])
    }

    @Test func `an answer cut by the limit of tokens ends as an error, its tool is not run`() {
        var script = Script(mode: .allowAll)
        script.begin()
        let cut = ToolUse(id: "t2", name: "Write", input: .cut("{\"file_pa"))
        script.answer(
            [.text("Now"), Script.bash("t1"), .toolUse(cut)], stop: .maximumTokens)
        #expect(script.errorCode == "OUTPUT_LIMIT_REACHED")
        #expect(script.started == [])
        #expect(script.results["t1"]?.isError == true)
        #expect(script.results["t2"] == nil)
        let next = script.entries + [TranscriptEntry(personsText: "Go on")]
        #expect(Conversation(next).messages.count == 3)
    }

    @Test func `a run ends after so many answers`() throws {
        var limits = RunLimits()
        limits.maximumSteps = 2
        var script = Script(mode: .allowAll, limits: limits)
        script.begin()
        for id in ["t1", "t2"] {
            script.answer([Script.bash(id)])
            try script.prepare(id)
            script.send(.toolFinished(toolUse: id, ToolOutcome(text: "ok")))
        }
        #expect(script.questions.count == 2)
        #expect(script.errorCode == "STEP_LIMIT_REACHED")
    }

    @Test(
        arguments: [
            (.authentication, 401, "MODEL_AUTHENTICATION_FAILED"),
            (.rateLimit, 429, "MODEL_RATE_LIMITED"), (.overloaded, 529, "MODEL_OVERLOADED"),
            (.api, 500, "MODEL_UNAVAILABLE"), (.invalidRequest, 400, "MODEL_REJECTED_REQUEST"),
        ] as [(APIError.Kind, Int, String)])
    func `a failed request is an error with a code`(
        kind: APIError.Kind, status: Int, code: String
    ) {
        var script = Script()
        script.begin()
        script.send(.model(.text("Half", block: 0)))
        script.send(.model(.failed(.api(APIError(kind: kind, status: status, message: "no")))))
        #expect(script.types == [.textDelta, .error, .complete])
        #expect(script.errorCode == code)
        #expect(script.notices(.complete).first?.fields["reason"] == "error")
        #expect(script.told.map(\.type).contains(.blockerRaised))
        // The preview is dropped: the record has the message only.
        #expect(script.entries.count == 1)
    }

    @Test func `usage adds up over a run, and the context is the last answer's`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")], usage: Usage(inputTokens: 100, outputTokens: 20))
        try script.prepare("t1")
        script.send(.toolFinished(toolUse: "t1", ToolOutcome(text: "ok")))
        script.answer(
            [.text("Done")], stop: .endTurn,
            usage: Usage(inputTokens: 5, outputTokens: 7, cacheReadTokens: 120))
        let usage = script.notices(.usage).last?.fields
        #expect(usage?["inputTokens"] == 105)
        #expect(usage?["outputTokens"] == 27)
        #expect(usage?["cacheReadTokens"] == 120)
        #expect(usage?["contextTokens"] == 132)
        #expect(usage?["contextWindow"] == 200_000)
    }
}
