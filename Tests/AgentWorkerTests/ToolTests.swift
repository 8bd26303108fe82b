import AgentWorker
import ClaudeAPI
import JSON
import Protocol
import Realtime
import Testing
import Tools

/// Tools of an answer: order, permission, results.
@Suite struct ToolTests {
    @Test func `calls that change something run one after the other, and all results come first`()
        throws
    {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([.text("Two"), Script.bash("t1"), Script.bash("t2")])
        try script.prepare("t1")
        #expect(script.started == ["t1"])
        script.send(.toolFinished(toolUse: "t1", ToolOutcome(text: "one")))
        try script.prepare("t2")
        script.send(.toolFinished(toolUse: "t2", ToolOutcome(text: "two", isError: true)))
        #expect(
            script.types == [
                .textComplete, .usage, .toolStart, .toolResult, .toolStart, .toolResult,
            ])
        #expect(script.notices(.textComplete).first?.fields["isIntermediate"] == true)
        #expect(
            script.questions.last?.messages.last
                == RequestMessage(
                    .user,
                    [
                        .toolResult(ToolResult(toolUseID: "t1", content: "one")),
                        .toolResult(ToolResult(toolUseID: "t2", content: "two", isError: true)),
                    ]))
        #expect(script.notices(.toolStart).first?.fields["toolInput"] == ["command": "touch x"])
        #expect(script.notices(.toolStart).first?.fields["toolDisplayName"] == "Run command")
    }

    @Test func `calls that only read run together, and wait for those that do not`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([
            Script.read("r1"), Script.read("r2"), Script.bash("b"), Script.read("r3"),
        ])
        try script.prepare("r2")
        try script.prepare("r1")
        #expect(script.started == ["r2", "r1"])
        script.send(.toolFinished(toolUse: "r1", ToolOutcome(text: "1")))
        #expect(
            !script.all.contains {
                if case .prepare(let call) = $0 { call.id == "b" } else { false }
            })
        script.send(.toolFinished(toolUse: "r2", ToolOutcome(text: "2")))
        try script.prepare("b")
        script.send(.toolFinished(toolUse: "b", ToolOutcome(text: "b")))
        try script.prepare("r3")
        script.send(.toolFinished(toolUse: "r3", ToolOutcome(text: "3")))
        let results = script.questions.last?.messages.last?.content ?? []
        #expect(
            results.compactMap {
                if case .toolResult(let result) = $0 { result.content } else { nil }
            }
                == ["1", "2", "b", "3"])
    }

    @Test func `a thousand calls of one answer all run, and one more is refused`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer((1...1_001).map { Script.bash("t\($0)") })
        for number in 1...1_000 {
            try script.prepare("t\(number)")
            script.send(.toolFinished(toolUse: "t\(number)", ToolOutcome(text: "ok")))
        }
        #expect(script.started.count == 1_000)
        #expect(script.results.count == 1_001)
        #expect(script.results["t1001"]?.isError == true)
        #expect(script.notices(.toolResult).count == 1_001)
        #expect(script.questions.count == 2)
    }

    @Test func `results that are too long together are cut, each to something`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer((1...20).map { Script.bash("t\($0)") })
        let output = String(repeating: "x", count: 30_000)
        for number in 1...20 {
            try script.prepare("t\(number)")
            script.send(.toolFinished(toolUse: "t\(number)", ToolOutcome(text: output)))
        }
        let sizes = (1...20).compactMap { script.results["t\($0)"]?.content.utf8.count }
        #expect(sizes.reduce(0, +) < RunLimits.maximumResultBytesPerAnswer + 20 * 1_000)
        #expect(sizes.first == 30_000)
        #expect(sizes.allSatisfy { $0 > 100 })
    }

    @Test func `a tool whose input is no object gets an error and is not run`() {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([
            .toolUse(ToolUse(id: "t1", name: "Bash", input: .invalid("[1]")))
        ])
        #expect(script.results["t1"]?.isError == true)
        #expect(script.types == [.usage, .toolStart, .toolResult])
        #expect(script.questions.count == 2)
    }

    @Test func `a call that is refused before it is judged is the tool's result`() {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1"), Script.bash("t2")])
        script.send(.unprepared(toolUse: "t1", "there is no such tool"))
        #expect(script.notices(.toolResult).first?.fields["result"] == "there is no such tool")
        script.send(.unprepared(toolUse: "t2", "no"))
        #expect(script.results.count == 2)
    }

    // MARK: - Permission

    @Test func `a change asks first, waits visibly, and runs when it is allowed`() throws {
        var script = Script()
        script.begin()
        script.answer([Script.bash("t1"), Script.bash("t2")])
        try script.prepare("t1")
        let id: PermissionRequestID = "perm-4-1"
        guard case .askPermission(id, let call) = script.actions[1] else {
            Issue.record("\(script.actions)")
            return
        }
        #expect(call.question.command == "touch x")
        #expect(script.told.map(\.type).suffix(2) == [.agentStatusChanged, .blockerRaised])
        #expect(script.started == [])
        script.send(
            .permissionEnded("perm-4-9", PermissionVerdict(allowed: true, reason: "user:x")))
        #expect(script.started == [])
        script.send(.permissionEnded(id, PermissionVerdict(allowed: true, reason: "user:u")))
        #expect(script.actions.contains(.run(call, .writable)))
        // Answered once: a second answer changes nothing.
        script.send(.permissionEnded(id, PermissionVerdict(allowed: false, reason: "user:v")))
        #expect(script.actions.isEmpty)
        script.send(.toolFinished(toolUse: "t1", ToolOutcome(text: "ok")))
        try script.prepare("t2")
        #expect(
            script.actions.contains {
                if case .askPermission("perm-4-2", _) = $0 { true } else { false }
            })
    }

    @Test(arguments: ["user:u", "timeout", "agent_gone"])
    func `a denial is the tool's result, and the run goes on`(reason: String) throws {
        var script = Script()
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        script.send(
            .permissionEnded("perm-4-1", PermissionVerdict(allowed: false, reason: reason)))
        #expect(script.started == [])
        #expect(script.results["t1"]?.isError == true)
        #expect(script.results["t1"]?.content.hasPrefix("Not run") == true)
        #expect(script.questions.count == 2)
    }

    @Test func `an approval does not outrank a mode that became safe meanwhile`() throws {
        var script = Script()
        script.begin()
        script.answer([
            .toolUse(
                ToolUse(
                    id: "t1", name: "Write",
                    input: .complete(["file_path": "a", "content": "b"]))), Script.bash("t2"),
        ])
        try script.prepare("t1")
        script.send(
            .modeChanged(.safe, version: 2),
            .permissionEnded("perm-4-1", PermissionVerdict(allowed: true, reason: "user:u")))
        #expect(script.started == [])
        #expect(script.results.isEmpty)
        #expect(script.notices(.toolResult).first?.fields["isError"] == true)
        try script.prepare("t2")
        #expect(
            script.actions.contains { if case .run(_, .readOnly) = $0 { true } else { false } })
    }

    @Test func `a mode that changes in mid-run holds for the next call, an older one does not`()
        throws
    {
        var script = Script()
        script.begin()
        script.send(.modeChanged(.allowAll, version: 3), .modeChanged(.safe, version: 2))
        #expect(script.machine.mode == .allowAll)
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        #expect(
            script.actions.contains { if case .run(_, .writable) = $0 { true } else { false } })
    }

    @Test func `a rule of the session answers in people's place`() throws {
        var script = Script()
        script.begin()
        script.send(
            .rulesChanged([
                PermissionRule(toolName: "Bash", scope: .command(["swift", "build"]))
            ]))
        script.answer([Script.bash("t1", "swift build")])
        try script.prepare("t1")
        #expect(script.started == ["t1"])
    }

    @Test func `what a tool writes is logged at a rate that people can read`() throws {
        var script = Script(mode: .allowAll)
        script.begin()
        script.answer([Script.bash("t1")])
        try script.prepare("t1")
        for number in 1...1_000 {
            script.send(.toolOutput(toolUse: "t1", "line \(number)"))
        }
        #expect(script.told.count { $0.type == .logEntry } == LogThrottle.burst)
        script.now = .seconds(10)
        script.send(.toolOutput(toolUse: "t1", "the end"))
        #expect(
            script.told.last?.payload["message"]?.stringValue?.hasPrefix("[") == true)
        #expect(script.types.last == .toolStart)
    }
}
