import AgentWorker
import ClaudeAPI
import JSON
import Protocol
import Realtime
import Testing
import Tools

/// Plays events to a run's state machine and keeps what it did.
struct Script {
    private(set) var machine: RunStateMachine
    /// Of the last event.
    private(set) var actions: [RunAction] = []
    private(set) var all: [RunAction] = []
    var now: Duration = .zero

    init(
        mode: SessionMode = .ask, rules: [PermissionRule] = [], limits: RunLimits = RunLimits()
    ) {
        machine = RunStateMachine(Self.assignment(mode: mode, rules: rules), limits: limits)
    }

    static func assignment(
        mode: SessionMode = .ask, rules: [PermissionRule] = [], generation: Int64 = 4
    ) -> RunAssignment {
        RunAssignment(
            lease: SessionLease(session: "ses", generation: generation), team: "team",
            agent: "agent", messages: [.init(id: "m1", text: "Hi")], mode: mode, modeVersion: 1,
            rules: rules, permissionTimeoutMilliseconds: 60_000, isResumed: false)
    }

    mutating func send(_ events: RunEvent...) {
        for event in events {
            actions = machine.receive(event, at: now)
            all += actions
        }
    }

    /// Up to the first request.
    mutating func begin(_ entries: [TranscriptEntry] = [TranscriptEntry(personsText: "Hi")]) {
        send(.assigned, .transcriptRead(entries))
    }

    /// The model answers with tools.
    mutating func answer(
        _ content: [ContentBlock], stop: StopReason = .toolUse,
        usage: Usage = Usage(inputTokens: 10, outputTokens: 5)
    ) {
        send(.model(.completed(Self.message(content, stop: stop, usage: usage))))
    }

    /// Prepares a call that was asked for, as the shell would.
    mutating func prepare(_ id: String) throws {
        let call = try #require(
            all.compactMap { if case .prepare(let call) = $0, call.id == id { call } else { nil } }
                .last)
        send(.prepared(toolUse: id, try Self.prepared(call)))
    }

    static func prepared(_ call: ToolCall) throws -> PreparedCall {
        let input = try Tools.ToolInput(parsing: call)
        var command: SimpleCommand?
        if case .bash(let bash) = input { command = try? SimpleCommand(parsing: bash.command) }
        return PreparedCall(
            call: call, input: input, path: call.input["file_path"]?.stringValue, command: command)
    }

    static func message(
        _ content: [ContentBlock], stop: StopReason = .endTurn,
        usage: Usage = Usage(inputTokens: 10, outputTokens: 5)
    ) -> AssistantMessage {
        AssistantMessage(
            id: "msg", model: "m", content: content, stopReason: stop, usage: usage)
    }

    static func bash(_ id: String, _ command: String = "touch x") -> ContentBlock {
        .toolUse(ToolUse(id: id, name: "Bash", input: .complete(["command": .string(command)])))
    }

    static func read(_ id: String) -> ContentBlock {
        .toolUse(ToolUse(id: id, name: "Read", input: .complete(["file_path": "a.txt"])))
    }

    // MARK: - What was done

    static func notices(_ actions: [RunAction]) -> [SessionNotice] {
        actions.compactMap { if case .publish(let notice) = $0 { notice } else { nil } }
    }

    var types: [SessionEventType] { Self.notices(all).map(\.type) }

    func notices(_ type: SessionEventType) -> [SessionNotice] {
        Self.notices(all).filter { $0.type == type }
    }

    var questions: [ModelQuestion] {
        all.compactMap { if case .askModel(let question) = $0 { question } else { nil } }
    }

    var started: [String] {
        all.compactMap { if case .run(let call, _) = $0 { call.call.id } else { nil } }
    }

    var outcome: RunOutcome? {
        for case .finish(let outcome) in all { return outcome }
        return nil
    }

    var errorCode: String? { notices(.error).first?.fields["code"]?.stringValue }

    var told: [OperatorNotice] {
        all.compactMap { if case .tell(let notice) = $0 { notice } else { nil } }
    }

    /// The transcript as the hub would have it, newest summary first.
    var entries: [TranscriptEntry] {
        var entries = [TranscriptEntry(personsText: "Hi")]
        for case .record(let entry) in all {
            if entry.isSummary { entries = [] }
            entries.append(entry)
        }
        return entries
    }

    /// The results that the model gets for an answer's tools, by id.
    var results: [String: ToolResult] {
        var results: [String: ToolResult] = [:]
        for message in entries.compactMap(\.message) {
            for case .toolResult(let result) in message.content {
                results[result.toolUseID] = result
            }
        }
        return results
    }
}

enum ClaudeToolUse {
    static func write(_ content: String) -> ToolUse {
        ToolUse(
            id: "t", name: "Write\u{0}\n",
            input: .complete(["file_path": "a", "content": .string(content)]))
    }

    static func nested(_ content: String) -> ToolUse {
        ToolUse(id: "t", name: "", input: .complete(["a": [["b": .string(content)]]]))
    }
}
