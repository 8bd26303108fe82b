import AgentWorker
import ClaudeAPI
import JSON
import Protocol
import Realtime
import TestSupport
import Testing
import Tools

/// Runs whose events come in any order that a shell could produce, from printed seeds.
@Suite struct RandomRunTests {
    @Test(arguments: 1...400)
    func `every run ends once, with a conversation that the API takes`(seed: Int) throws {
        var play = RandomPlay(seed: UInt64(seed))
        try play.run()
        let script = play.script
        let finishes = script.all.count { if case .finish = $0 { true } else { false } }
        #expect(finishes == 1, "seed \(seed)")
        let isSilent = script.outcome == .leaseLost
        #expect(script.notices(.complete).count == (isSilent ? 0 : 1), "seed \(seed)")
        guard !isSilent else { return }
        #expect(script.types.last == .complete, "seed \(seed)")
        let starts = script.notices(.toolStart).compactMap { $0.fields["toolUseId"]?.stringValue }
        let ends = script.notices(.toolResult).compactMap { $0.fields["toolUseId"]?.stringValue }
        #expect(starts.sorted() == ends.sorted(), "seed \(seed)")
        #expect(Set(ends).count == ends.count, "seed \(seed)")
        // Nothing has to be made up, dropped or moved for the next request.
        let messages = script.entries.compactMap(\.message)
        let isValid =
            Conversation(repairing: messages).messages.flatMap(\.content)
            == messages.flatMap(\.content)
        #expect(isValid, "seed \(seed)")
    }
}

/// A model, tools, people and a hub that do anything.
private struct RandomPlay {
    private(set) var script: Script
    private var random: SplitMix64
    private var running: [String] = []
    private var preparing: [ToolCall] = []
    private var asked: [PermissionRequestID] = []
    private var isAsking = false
    private var hasDeadline = false
    private var seen = 0
    private var lastTool = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        var limits = RunLimits()
        limits.maximumSteps = 12
        limits.contextWindow = 20_000
        script = Script(
            mode: SessionMode.allCases.randomElement(using: &random) ?? .ask, limits: limits)
    }

    mutating func run() throws {
        send(.assigned)
        for step in 1...2_000 where script.outcome == nil {
            if let event = try next(step) { send(event) }
        }
        if script.outcome == nil { send(.abort(reason: "end")) }
        for id in running where script.outcome == nil {
            send(.toolFinished(toolUse: id, ToolOutcome(text: "late")))
        }
        if script.outcome == nil { send(.deadline) }
    }

    private mutating func send(_ event: RunEvent) {
        script.send(event)
        for action in script.actions {
            switch action {
            case .askModel: isAsking = true
            case .cancelModel: isAsking = false
            case .prepare(let call): preparing.append(call)
            case .run(let call, _): running.append(call.call.id)
            case .askPermission(let id, _): asked.append(id)
            case .forgetPermission(let id): asked.removeAll { $0 == id }
            case .setDeadline: hasDeadline = true
            default: break
            }
        }
    }

    private mutating func next(_ step: Int) throws -> RunEvent? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: return .abort(reason: "user:u")
        case 1 where chance(20): return .leaseLost
        case 2: return .linkLost
        case 3...8: return .linkRestored
        case 9:
            return .modeChanged(
                SessionMode.allCases.randomElement(using: &random) ?? .ask, version: Int64(step + 1)
            )
        case 10 where hasDeadline: return .deadline
        case 11...15: return .transcriptRead([TranscriptEntry(personsText: "Hi")])
        case 16...60 where isAsking: return model()
        case 61...70 where !preparing.isEmpty:
            let call = preparing.remove(at: Int.random(in: 0..<preparing.count, using: &random))
            return chance(80)
                ? .prepared(toolUse: call.id, try Script.prepared(call))
                : .unprepared(toolUse: call.id, "no")
        case 71...85 where !running.isEmpty:
            let id = running.remove(at: Int.random(in: 0..<running.count, using: &random))
            let size = chance(10) ? 30_000 : 3
            return .toolFinished(
                toolUse: id, ToolOutcome(text: String(repeating: "x", count: size)))
        case 86...95:
            return asked.randomElement(using: &random).map { id in
                .permissionEnded(id, PermissionVerdict(allowed: chance(50), reason: "user:u"))
            }
        default: return nil
        }
    }

    private mutating func model() -> RunEvent {
        guard chance(40) else { return .model(.text("word ", block: 0)) }
        isAsking = false
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return .model(.failed(.dropped))
        case 1:
            return .model(
                .failed(
                    .api(
                        APIError(
                            kind: .invalidRequest, status: 400, message: "prompt is too long"))))
        case 2: return .model(.completed(Script.message([], stop: .refusal)))
        case 3: return .model(.completed(Script.message(tools(), stop: .maximumTokens)))
        case 4:
            return .model(.completed(Script.message([.text("so")], stop: .pauseTurn)))
        case 5: return .model(.completed(Script.message([.text("x")], stop: .endTurn)))
        case 6:
            return .model(
                .completed(Script.message([.text("x")], stop: .contextWindowExceeded)))
        default: return .model(.completed(Script.message(tools(), stop: .toolUse)))
        }
    }

    private mutating func tools() -> [ContentBlock] {
        [.text("Look")]
            + (0..<Int.random(in: 1...5, using: &random)).map { _ in
                lastTool += 1
                return chance(50) ? Script.read("t\(lastTool)") : Script.bash("t\(lastTool)")
            }
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
}
