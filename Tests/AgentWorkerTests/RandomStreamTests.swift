import AgentWorker
import ClaudeAPI
import DemoModel
import Foundation
import JSON
import Protocol
import Realtime
import TestSupport
import Testing
import Tools

/// Streams that deviate in any way, read and answered by whole runs, from printed seeds: every run
/// ends, and no request is one that the API would refuse, whatever the model said before.
///
/// `STREAM_SEED=n` plays one again; `STREAM_RUNS` says how many.
@Suite struct RandomStreamTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let batches: [ClosedRange<UInt64>] = {
        if let seed = environment["STREAM_SEED"].flatMap({ UInt64($0) }) { return [seed...seed] }
        let count = environment["STREAM_RUNS"].flatMap { UInt64($0) } ?? 20_000
        let size = max(1, count / 16)
        return stride(from: 1, through: count, by: Int(size)).map { $0...min(count, $0 + size - 1) }
    }()

    @Test(arguments: batches)
    func `every run ends, and every request is one that the API takes`(
        _ seeds: ClosedRange<UInt64>
    ) throws {
        for seed in seeds {
            var play = SessionPlay(seed: seed)
            let complaint = try play.run()
            #expect(complaint == nil, "seed \(seed)")
        }
    }
}

/// A session of a few runs, whose model says anything.
private struct SessionPlay {
    private var random: SplitMix64
    private var entries: [TranscriptEntry] = []
    private var model = 1
    private var complaint: String?

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// What a strict API would have said, or nil.
    mutating func run() throws -> String? {
        for generation in 1...Int64.random(in: 1...3, using: &random) {
            entries.append(TranscriptEntry(personsText: chance(5) ? " " : "Question \(generation)"))
            try play(generation)
            if chance(30) { model += 1 }
            if let complaint { return complaint }
        }
        return nil
    }

    private mutating func play(_ generation: Int64) throws {
        var limits = RunLimits()
        limits.maximumSteps = 6
        limits.contextWindow = chance(10) ? 2_000 : 200_000
        let assignment = Script.assignment(mode: .allowAll, generation: generation)
        var machine = RunStateMachine(assignment, limits: limits)
        var waiting = [RunEvent.assigned]
        var steps = 0
        while !machine.isOver {
            steps += 1
            guard steps < 10_000 else { return complaint = "the run does not end" }
            let event = waiting.isEmpty ? .abort(reason: "nothing happens") : waiting.removeFirst()
            for action in machine.receive(event, at: .zero) { waiting += try perform(action) }
        }
    }

    private mutating func perform(_ action: RunAction) throws -> [RunEvent] {
        switch action {
        case .readTranscript: return [.transcriptRead(entries)]
        case .askModel(let question): return answer(question)
        case .prepare(let call): return prepare(call)
        case .run(let call, _):
            let text = chance(10) ? String(repeating: "x", count: 9_000) : chance(10) ? "" : "done"
            return [.toolFinished(toolUse: call.call.id, ToolOutcome(text: text))]
        case .record(let entry):
            if entry.isSummary { entries = [] }
            if entry.content.count > TranscriptEntry.maximumBytes { complaint = "a large entry" }
            if chance(97) { entries.append(entry) }
        case .publish(let notice): check(notice)
        default: break
        }
        return []
    }

    private mutating func prepare(_ call: ToolCall) -> [RunEvent] {
        guard let prepared = try? Script.prepared(call) else {  // as the runner would refuse it
            return [.unprepared(toolUse: call.id, "no such tool, or no such input")]
        }
        return [.prepared(toolUse: call.id, prepared)]
    }

    /// What the hub and every client has to take.
    private mutating func check(_ notice: SessionNotice) {
        let bytes = JSONValue.object(notice.fields).encoded()
        guard (try? JSONValue(parsing: bytes)) != nil, bytes.count <= 256 * 1_024 else {
            return complaint = "a notice that nobody takes: \(notice.type)"
        }
        for key in ["inputTokens", "outputTokens", "contextTokens"] {
            if let count = notice.fields[key]?.integerValue, !(0...(1 << 53)).contains(count) {
                complaint = "\(key) is \(count)"
            }
        }
        if let id = notice.fields["toolUseId"]?.stringValue, (try? ToolUseID(parsing: id)) == nil {
            complaint = "a tool use is named \(id)"
        }
    }

    private mutating func answer(_ question: ModelQuestion) -> [RunEvent] {
        let request = MessagesRequest(
            model: "m\(model)", maximumTokens: 100, system: ["s"], messages: question.messages)
        complaint = complaint ?? RequestCheck.complaint(about: request.json)
        for signature in signatures(question) where signature != "signed by \(model)" {
            // One that the stream gave twice is refused, and must then be left out.
            if signature.hasPrefix("signed by \(model)") { return [.model(.failed(.api(refusal)))] }
            complaint = complaint ?? "thinking of another model: \(signature)"
        }
        if chance(3) { return [.model(.failed(.dropped))] }
        if chance(5) { return [.model(.failed(.api(chance(50) ? refusal : overflow)))] }
        var reader = AnswerReader(contentType: "text/event-stream")
        var stream = RandomStream(random: random, model: model)
        let body = stream.bytes()
        random = stream.random
        var events: [ClaudeEvent] = []
        var rest = body[...]
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...400, using: &random))
            let (more, failure) = reader.receive(Array(rest.prefix(count)))
            events += more
            if let failure { return (events + [.failed(failure)]).map(RunEvent.model) }
            if events.last?.isLast == true { return events.map(RunEvent.model) }
            rest = rest.dropFirst(count)
        }
        let (more, failure) = reader.ended()
        events += more
        if let failure { events.append(.failed(failure)) }
        if events.last?.isLast != true { complaint = "an answer without an end" }
        return events.map(RunEvent.model)
    }

    private let overflow = APIError(
        kind: .invalidRequest, status: 400, message: "prompt is too long")

    private var refusal: APIError {
        APIError(
            kind: .invalidRequest, status: 400,
            message: "messages.1.content.0: Invalid `signature` in `thinking` block")
    }

    /// Thinking goes back to the model that signed it.
    private func signatures(_ question: ModelQuestion) -> [String] {
        question.messages.flatMap(\.content).compactMap { block in
            if case .thinking(_, let signature) = block { signature } else { nil }
        }
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
}

/// An event stream in which anything may be wrong, and most is right.
private struct RandomStream {
    var random: SplitMix64
    let model: Int

    mutating func bytes() -> [UInt8] {
        var text = chance(5) ? "\u{FEFF}" : ""
        let end = pick(["\n", "\n", "\n", "\r\n", "\r"])
        for (name, data) in events() {
            if chance(3) { text += ": comment" + end }
            if !chance(5) { text += "event: " + (chance(3) ? pick(Self.names) : name) + end }
            text += "data:" + pick([" ", ""]) + data + end + end
            if chance(3) { text += "event: ping\(end)data: {}\(end)\(end)" }
        }
        var bytes = Array(text.utf8)
        if chance(5), !bytes.isEmpty {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
        }
        if chance(8) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
        return bytes
    }

    private static let names = [
        "message_start", "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop", "error", "weather",
    ]

    private mutating func events() -> [(String, String)] {
        if chance(3) { return [("message", whole())] }
        var events = [start()]
        for index in 0..<Int.random(in: 0...4, using: &random) { events += block(index) }
        events.append(("message_delta", ending()))
        events.append(("message_stop", #"{"type":"message_stop"}"#))
        for _ in 0..<(chance(30) ? Int.random(in: 1...3, using: &random) : 0) {
            let place = Int.random(in: events.indices, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: events.remove(at: place)
            case 1: events.insert(events[place], at: place)
            case 2: events.swapAt(place, Int.random(in: events.indices, using: &random))
            case 3: events.insert(start(), at: place)
            case 4: events.insert(("message", "[DONE]"), at: place)
            case 5: events.insert(("error", error()), at: place)
            default: events.insert(("message_delta", ending()), at: place)
            }
            if events.isEmpty { break }
        }
        return events
    }

    private mutating func start() -> (String, String) {
        let id = pick(["\"msg_1\"", "\"msg_1\"", "\"msg_2\"", "null", "7"])
        return (
            "message_start",
            #"{"type":"message_start","message":{"id":\#(id),"model":"m","usage":\#(usage())}}"#
        )
    }

    private mutating func block(_ index: Int) -> [(String, String)] {
        let number = chance(90) ? "\(index)" : number()
        func event(_ name: String, _ rest: String) -> (String, String) {
            (name, #"{"type":"\#(name)","index":\#(number)\#(rest)}"#)
        }
        let (begin, deltas) = content()
        return [event("content_block_start", ",\"content_block\":\(begin)")]
            + deltas.map { event("content_block_delta", ",\"delta\":\($0)") }
            + [event("content_block_stop", "")]
    }

    private mutating func content() -> (start: String, deltas: [String]) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3:
            let deltas = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                #"{"type":"text_delta","text":\#(text())}"#
            }
            return (#"{"type":"text","text":""}"#, deltas)
        case 4...6:
            let deltas = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                #"{"type":"input_json_delta","partial_json":\#(input())}"#
            }
            return (
                #"{"type":"tool_use","id":\#(identifier()),"name":\#(name()),"input":\#(object())}"#,
                deltas
            )
        case 7:
            let signature = pick([
                "\"signed by \(model)\"", "\"signed by \(model)\"", "\"\"", "null",
            ])
            return (
                #"{"type":"thinking","thinking":"","signature":""}"#,
                [
                    #"{"type":"thinking_delta","thinking":\#(text())}"#,
                    #"{"type":"signature_delta","signature":\#(signature)}"#,
                ]
            )
        case 8:
            let start = pick([
                #"{"type":"redacted_thinking","data":"x"}"#, #"{"type":"melody","x":[1e999]}"#,
            ])
            return (start, [])
        default: return (pick(["{}", "null", "[]", "7", #"{"type":"tool_use"}"#, object()]), [])
        }
    }

    private mutating func text() -> String {
        pick([
            "\"Hello\"", "\"\"", "\" \\n\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\u0000\\u202e\"",
            "null", "7", "\"\(String(repeating: "long ", count: 300))\"",
        ])
    }

    private mutating func identifier() -> String {
        pick([
            "\"t\(Int.random(in: 0...3, using: &random))\"", "\"\"", "null", "\"a b\"", "\"a.b:c\"",
            "\"\(String(repeating: "i", count: 1_600))\"", "\"\\ud800\"", "12",
            "\"toolu_\(UInt32.random(in: 0...UInt32.max, using: &random))\"",
        ])
    }

    private mutating func name() -> String {
        pick([
            "\"Bash\"", "\"Read\"", "\"Bash\"", "\"\"", "null", "\"__proto__\"", "\"a b/ü\"",
            "\"\(String(repeating: "n", count: 457))\"", "\"Bash\\u0000\"",
        ])
    }

    private mutating func input() -> String {
        let deep = String(repeating: "[", count: 80)
        return JSONValue.string(
            pick([
                #"{"command":"ls"}"#, #"{"file_path":"a"}"#, "{", "[1]", "", " ", "{}{}", deep,
                #"{"command":"ls","command":1e999}"#, #"{"a\u0000":"\ud800"}"#,
            ])
        ).description
    }

    private mutating func object() -> String {
        pick([
            "{}", "{}", "{}", "null", "[]", "\"{}\"", #"{"command":"ls","n":18446744073709551616}"#,
        ])
    }

    private mutating func number() -> String {
        pick(["0", "1", "-1", "99", "null", "\"0\"", "0.5", "1e300", "9223372036854775808"])
    }

    private mutating func usage() -> String {
        let count = pick([
            "1", "5", "9223372036854775807", "18446744073709551616", "9007199254740993", "-1",
            "0.5",
            "null", "\"7\"", "1e999", "{}",
        ])
        return pick([
            "null", "[]", #"{"input_tokens":\#(count),"output_tokens":\#(count)}"#,
            #"{"input_tokens":10,"cache_read_input_tokens":\#(count)}"#,
        ])
    }

    private mutating func ending() -> String {
        let reason = pick([
            "\"end_turn\"", "\"tool_use\"", "\"tool_use\"", "\"tool_use\"", "\"max_tokens\"",
            "\"pause_turn\"", "\"refusal\"", "\"model_context_window_exceeded\"", "null", "\"new\"",
        ])
        return #"{"type":"message_delta","delta":{"stop_reason":\#(reason)},"usage":\#(usage())}"#
    }

    private mutating func error() -> String {
        pick([
            #"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
            #"{"error":{"message":"boom","type":"None","code":"500"}}"#, #"{"error":"boom"}"#,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"messages.0: no"}}"#,
        ])
    }

    private mutating func whole() -> String {
        #"{"type":"message","id":null,"content":[\#(content().start),\#(content().start)],"#
            + #""stop_reason":"tool_use","usage":\#(usage())}"#
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &random) ?? ""
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
}
