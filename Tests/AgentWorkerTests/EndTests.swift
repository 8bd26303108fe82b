import AgentWorker
import ClaudeAPI
import JSON
import Protocol
import Realtime
import Testing
import Tools

/// Stops of every kind, at every point.
@Suite struct EndTests {
    private func expectInterrupted(_ script: Script, _ reason: JSONValue = "user:u") {
        #expect(script.types.suffix(2) == [.interrupted, .complete])
        #expect(script.notices(.complete).count == 1)
        #expect(script.notices(.complete).first?.fields["reason"] == "interrupted")
        #expect(script.notices(.interrupted).first?.fields["reason"] == reason)
        #expect(script.outcome == .interrupted)
        let messages = script.entries.compactMap(\.message)
        #expect(Conversation(repairing: messages).messages == messages)
    }

    @Test func `an abort before anything was asked`() {
        var script = Script()
        script.send(.assigned, .abort(reason: "user:u"))
        expectInterrupted(script)
        #expect(script.questions.isEmpty)
    }

    @Test func `an abort in mid-stream closes the request and keeps what people read`() {
        var script = Script()
        script.begin()
        script.send(
            .model(.started(id: "m", model: "m", usage: Usage(inputTokens: 9))),
            .model(.text("Half an ans", block: 0)), .abort(reason: "user:u"))
        #expect(script.actions.first == .cancelModel)
        expectInterrupted(script)
        #expect(
            script.entries.last?.message == RequestMessage(.assistant, [.text("Half an ans")]))
        #expect(script.notices(.complete).first?.fields["usage"]?["inputTokens"] == 9)
    }

    @Test func `an abort in mid-tool cancels it and ends when it is gone`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1"), Script.bash("t2")])
        try script.prepare("t1")
        script.send(.abort(reason: "user:u"))
        #expect(script.actions.first == .cancelTool("t1"))
        #expect(script.outcome == nil)
        // A second one changes nothing.
        script.send(.abort(reason: "user:v"))
        #expect(script.actions.isEmpty)
        script.send(.toolFinished(toolUse: "t1", ToolOutcome(text: "Interrupted", isError: true)))
        expectInterrupted(script)
        #expect(script.results["t1"]?.content == "Interrupted")
        #expect(script.results["t2"]?.isError == true)
        #expect(script.notices(.toolStart).count == 1)
        #expect(script.notices(.toolResult).count == 1)
    }

    @Test func `tools that do not go away do not keep the run`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        script.send(.abort(reason: "user:u"))
        #expect(script.actions.contains(.setDeadline(RunLimits.stopTime)))
        script.send(.deadline)
        expectInterrupted(script)
        #expect(script.results["t1"]?.content == Conversation.unknownOutcome)
    }

    @Test func `an abort while a permission is pending`() throws {
        var script = Script()
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        script.send(.abort(reason: "user:u"))
        #expect(script.actions.contains(.forgetPermission("perm-4-1")))
        expectInterrupted(script)
        #expect(script.notices(.toolResult).count == 1)
        script.send(
            .permissionEnded("perm-4-1", PermissionVerdict(allowed: true, reason: "user:u")))
        #expect(script.started == [])
    }

    @Test func `an abort while a call is being looked at`() throws {
        var script = Script()
        script.begin()
        script.answer([Script.bash("t1")])
        script.send(.abort(reason: "user:u"))
        expectInterrupted(script)
        #expect(script.results["t1"]?.isError == true)
        try script.prepare("t1")
        #expect(script.actions.isEmpty)
    }

    @Test func `a lost lease stops everything and says nothing`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.send(.model(.text("Half", block: 0)), .leaseLost)
        #expect(script.actions == [.cancelModel, .finish(.leaseLost)])
        script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        script.send(.leaseLost)
        #expect(script.actions == [.cancelTool("t1"), .finish(.leaseLost)])
    }

    @Test func `without a link nothing new begins, and all of it when it is back`() throws {
        var script = Script(mode: .allowAll)
        script.send(.assigned, .linkLost, .transcriptRead([TranscriptEntry(personsText: "Hi")]))
        #expect(script.questions.isEmpty)
        script.send(.linkRestored)
        #expect(script.questions.count == 1)
        // What streams goes on.
        script.send(.linkLost, .model(.text("Hello", block: 0)))
        #expect(script.types.last == .textDelta)
        script.answer([Script.bash("t1")])
        #expect(!script.all.contains { if case .prepare = $0 { true } else { false } })
        script.send(.linkRestored)
        try script.prepare("t1")
        #expect(script.started == ["t1"])
        script.send(.linkLost, .toolFinished(toolUse: "t1", ToolOutcome(text: "ok")))
        #expect(script.questions.count == 1)
        script.send(.linkRestored)
        #expect(script.questions.count == 2)
    }

    @Test func `a call that is prepared without a link waits for it`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")])
        script.send(.linkLost)
        try script.prepare("t1")
        #expect(script.started == [])
        script.send(.linkRestored)
        #expect(script.started == ["t1"])
    }

    @Test func `a transcript without a message to answer ends the run`() {
        var script = Script()
        script.begin([])
        #expect(script.errorCode == "TRANSCRIPT_UNAVAILABLE")
        #expect(script.outcome == .failed(.transcript))
    }

    @Test func `a failure of the shell ends the run from wherever it is`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.send(
            .model(.text("x", block: 0)), .failed(RunFailure(.internal, "not stored")))
        #expect(script.actions.first == .cancelModel)
        #expect(script.types.suffix(2) == [.error, .complete])
        script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        script.send(
            .failed(RunFailure(.internal, "not stored")),
            .toolFinished(toolUse: "t1", ToolOutcome(text: "ok")))
        #expect(script.types.suffix(2) == [.error, .complete])
        #expect(script.results["t1"]?.content == "ok")
    }
}
