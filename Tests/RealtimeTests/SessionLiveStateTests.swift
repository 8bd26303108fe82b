import Realtime
import Testing

@Suite struct `Session live state` {
    @Test func `a run goes from idle over running to idle, and leaves nothing in flight`() {
        var state = SessionLiveState()
        #expect(state.status == .idle)
        state.apply(.userMessage(.accepted))
        #expect(state.status == .idle)
        state.apply(.userMessage(.processing))
        #expect(state.status == .running)
        state.apply(.textDelta(TextStream(turn: "t"), "Hel"))
        state.apply(.textDelta(TextStream(turn: "t"), "lo"))
        #expect(state.textInFlight == "Hello")
        state.apply(.toolStart(tool("u1")))
        #expect(state.runningTools.map(\.toolUseID) == ["u1"])
        state.apply(.complete(.complete, usage: TokenUsage(inputTokens: 3, outputTokens: 4)))
        #expect(state.status == .idle && state.textInFlight.isEmpty && state.runningTools.isEmpty)
        #expect(state.usage == TokenUsage(inputTokens: 3, outputTokens: 4))
    }

    @Test func `an open question shows as waiting until the last one has ended`() {
        var state = SessionLiveState(phase: .running)
        state.apply(.permissionRequested("p1"))
        state.apply(.permissionRequested("p2"))
        state.apply(.permissionRequested("p1"))
        state.apply(.textDelta(TextStream(), "…"))
        #expect(state.status == .waiting && state.pendingPermissions == ["p1", "p2"])
        state.apply(.permissionEnded("p1"))
        #expect(state.status == .waiting)
        state.apply(.permissionEnded("p2"))
        #expect(state.status == .running)
    }

    @Test func `a question to an idle session leaves it idle afterwards`() {
        var state = SessionLiveState()
        state.apply(.permissionRequested("p"))
        #expect(state.status == .waiting)
        state.apply(.permissionEnded("p"))
        #expect(state.status == .idle)
    }

    @Test(arguments: [
        (SessionEvent.complete(.complete, usage: nil), SessionStatus.idle),
        (.complete(.interrupted, usage: nil), .interrupted),
        (.complete(.error, usage: nil), .failed),
        (.interrupted, .interrupted), (.error, .failed),
    ])
    func `the way a run ends is the session's status`(_ end: SessionEvent, _ status: SessionStatus)
    {
        var state = SessionLiveState(phase: .running)
        state.apply(end)
        #expect(state.status == status)
        state.apply(.toolResult("late"))
        state.apply(.usage(TokenUsage(inputTokens: 1, outputTokens: 1)))
        state.apply(.textComplete(TextStream(), isIntermediate: false))
        #expect(state.status == status, "What arrives late begins no run.")
        state.apply(.textDelta(TextStream(), "again"))
        #expect(state.status == .running)
    }

    @Test func `a final text ends its own stream only`() {
        var state = SessionLiveState()
        let main = TextStream(turn: "t")
        let nested = TextStream(turn: "t", parent: "u1")
        state.apply(.textDelta(nested, "inner"))
        state.apply(.textDelta(main, "outer"))
        #expect(state.textInFlight == "outer")
        state.apply(.textComplete(main, isIntermediate: true))
        #expect(state.textInFlight == "" && state.texts.map(\.text) == ["inner"])
        state.apply(.textComplete(TextStream(parent: "u1"), isIntermediate: false))
        #expect(state.texts.isEmpty, "Without a turn it ends every turn's text of its parent.")
    }

    @Test func `text over the limit keeps its end, and whole characters`() {
        var state = SessionLiveState(limits: .init(maximumTextBytes: 8))
        state.apply(.textDelta(TextStream(turn: "old"), "abc"))
        state.apply(.textDelta(TextStream(turn: "new"), "12345é"))
        #expect(state.texts.map(\.text) == ["c", "12345é"])
        state.apply(.textDelta(TextStream(turn: "new"), "é6789"))
        #expect(state.texts.map(\.text) == ["éé6789".suffix(6)].map(String.init))
        state.apply(.textDelta(TextStream(turn: "new"), "ab"))
        #expect(state.texts.map(\.text) == ["é6789ab".suffix(7)].map(String.init))
        state.apply(.textDelta(TextStream(turn: "new"), "0"))
        #expect(state.texts.map(\.text) == ["6789ab0"], "Half a character is none.")
    }

    @Test func `flows, tools and inputs are bounded`() {
        var state = SessionLiveState(
            limits: .init(maximumTexts: 2, maximumTools: 2, maximumToolInputBytes: 10))
        for turn in ["1", "2", "3"] as [TurnID] {
            state.apply(.textDelta(TextStream(turn: turn), turn.text))
        }
        #expect(state.texts.map(\.text) == ["2", "3"])
        for id in ["a", "b", "a", "c"] as [ToolUseID] { state.apply(.toolStart(tool(id))) }
        #expect(state.runningTools.map(\.toolUseID) == ["a", "c"])
        state.apply(.toolStart(tool("d", input: #"{"long":"input"}"#)))
        #expect(state.runningTools.last?.toolInput == "{}")
        state.apply(.toolResult("c"))
        #expect(state.runningTools.map(\.toolUseID) == ["d"])
    }

    @Test func `a replay knows again what was in flight, and the record stays right`() {
        let state = SessionLiveState(
            phase: .running, usage: TokenUsage(inputTokens: 5, outputTokens: 6),
            replaying: [
                .textDelta(TextStream(turn: "1"), "old"), .complete(.complete, usage: nil),
                .usage(TokenUsage(inputTokens: 1, outputTokens: 1)), .toolStart(tool("u")),
                .textDelta(TextStream(turn: "2"), "new"),
            ])
        #expect(state.textInFlight == "new" && state.runningTools.map(\.toolUseID) == ["u"])
        #expect(state.phase == .running)
        #expect(state.usage == TokenUsage(inputTokens: 5, outputTokens: 6))
        let waitingForNothing = SessionLiveState(phase: .running, replaying: [.error])
        #expect(waitingForNothing.status == .running)
    }

    @Test func `a usage report replaces what it names and keeps the rest`() {
        var state = SessionLiveState(
            usage: TokenUsage(inputTokens: 1, outputTokens: 1, contextWindow: 200_000))
        state.apply(.usage(TokenUsage(inputTokens: 9, outputTokens: 8, contextTokens: 50)))
        let expected = TokenUsage(
            inputTokens: 9, outputTokens: 8, contextTokens: 50, contextWindow: 200_000)
        #expect(state.usage == expected)
    }
}

private func tool(_ id: ToolUseID, input: String = "{}") -> RunningTool {
    RunningTool(id, name: "Bash", input: input)
}
