import Hub
import JSON
import Protocol
import Realtime
import Testing
import TestSupport

@Suite struct `Session simulation` {
    /// Agents that stream, ask and fail, people who answer twice, a clock that jumps, a hub that is
    /// killed between any two commands: what was acknowledged is in the history once and in order,
    /// and nothing but an accepted answer allows anything.
    @Test(arguments: [1, 2, UInt64.random(in: 0...UInt64.max)])
    func `nothing acknowledged is lost, repeated or overtaken`(_ seed: UInt64) throws {
        var world = try SessionWorld(seed: seed)
        for _ in 0..<200 { try world.step() }
        try world.finish()
        #expect(world.defects == [])
        #expect(world.acknowledged > 30 && world.ends > 3)
    }
}

/// One session, its agent and its people, and what they were promised.
private struct SessionWorld {
    private struct Sent {
        let request: Int64
        let eventID: String
        let delta: String
    }

    private var random: SplitMix64
    private let hub: SessionHub
    private let session: SessionID
    private var nextName = 0
    /// Deltas without an answer yet, in the order in which they were sent.
    private var open: [Sent] = []
    /// Offset and text of what was acknowledged, in that order.
    private var promised: [(offset: Int64, sent: Sent)] = []
    private var questions: [String] = []
    private var acceptedApprovals: Set<String> = []

    private(set) var defects: [String] = []
    private(set) var acknowledged = 0
    private(set) var ends = 0

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        hub = try SessionHub()
        session = try hub.makeSession()
        try hub.subscribe(.session(session))
    }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: try sendDelta()
        case 40..<45: try sendAgain()
        case 45..<55: try hub.advance(by: .milliseconds(Int.random(in: 0...60, using: &random)))
        case 55..<63: try hub.publish(session, [(.usage, ["inputTokens": 1, "outputTokens": 1])])
        case 63..<70: try sendRefused()
        case 70..<80: try ask()
        case 80..<92: try answer()
        case 92..<94: try hub.advance(by: .seconds(30))
        case 94..<97: try hub.publish(session, [(.complete, ["reason": "complete"])])
        case 97: try hub.call(.abortSession, ["id": .string(session.text)])
        default: try restart()
        }
        try collectAnswers()
    }

    mutating func finish() throws {
        try hub.advance(by: .seconds(120))
        try collectAnswers()
        if !open.isEmpty { defects.append("\(open.count) deltas have no answer") }
        let history = try self.history()
        checkOrder(history)
        checkPromises(history)
        try checkQuestions(history)
    }

    private mutating func sendDelta() throws {
        nextName += 1
        let delta = "\(nextName) "
        let id = try EventID(parsing: "d\(nextName)")
        let request = try hub.publish(session, [(.textDelta, ["delta": .string(delta)])], ids: [id])
        open.append(Sent(request: request, eventID: id.text, delta: delta))
    }

    /// What was acknowledged is known by its id, also where it was merged into another one.
    private mutating func sendAgain() throws {
        guard let (offset, sent) = promised.randomElement(using: &random) else { return }
        let id = try EventID(parsing: sent.eventID)
        let request = try hub.publish(
            session, [(.textDelta, ["delta": .string(sent.delta)])], ids: [id])
        let result = try hub.answer(to: request)?["results"]?.arrayValue?.first
        if result?["duplicate"] != true || result?["offset"] != .integer(offset) {
            defects.append("\(sent.eventID) was published again: \(String(describing: result))")
        }
    }

    /// A delta and an event that flushes, taken back by a malformed third.
    private mutating func sendRefused() throws {
        let request = try hub.publish(
            session,
            [
                (.textDelta, ["delta": "REFUSED"]), (.interrupted, ["reason": "REFUSED"]),
                (.complete, ["reason": "?"]),
            ])
        if try refusal({ _ = try hub.answer(to: request) }) == nil {
            defects.append("a malformed request was accepted")
        }
    }

    private mutating func ask() throws {
        nextName += 1
        let name = "q\(nextName)"
        try hub.call(
            .requestPermission,
            [
                "id": .string(session.text), "requestId": .string(name), "toolName": "Bash",
                "command": .string("task \(nextName)"), "description": "",
            ], as: SessionHub.agent)
        questions.append(name)
    }

    private mutating func answer() throws {
        guard let name = questions.randomElement(using: &random) else { return }
        let allowed = random.oneIn(2)
        let refused = try refusal {
            try hub.call(
                .answerPermission,
                [
                    "sessionId": .string(session.text), "requestId": .string(name),
                    "allowed": .bool(allowed), "alwaysAllow": true,
                ])
        }
        if refused == nil, allowed { acceptedApprovals.insert(name) }
    }

    /// What was not acknowledged may be lost; its producer sends it again under the same id.
    private mutating func restart() throws {
        try collectAnswers()
        try hub.restart()
        let again = open
        open = []
        for sent in again {
            let id = try EventID(parsing: sent.eventID)
            let request = try hub.publish(
                session, [(.textDelta, ["delta": .string(sent.delta)])], ids: [id])
            open.append(Sent(request: request, eventID: sent.eventID, delta: sent.delta))
        }
    }

    private mutating func collectAnswers() throws {
        while let first = open.first, let answer = try hub.answer(to: first.request) {
            let offset = answer["results"]?.arrayValue?.first?["offset"]?.integerValue
            promised.append((offset ?? -1, first))
            acknowledged += 1
            open.removeFirst()
        }
    }

    private func history() throws -> [JSONObject] {
        var events: [JSONObject] = []
        var since = StreamPosition(
            epoch: try hub.subscribe(.session(session)).joined.head.epoch, offset: 0)
        while true {
            let (joined, page) = try hub.subscribe(.session(session), since: since)
            var rest = page.texts[...]
            for item in page.items {
                events.append(
                    try #require(try JSONValue(parsing: rest.prefix(item.bytes)).objectValue))
                rest = rest.dropFirst(item.bytes)
                since.offset = item.offset
            }
            if since.offset == joined.head.offset { return events }
        }
    }

    private mutating func checkOrder(_ history: [JSONObject]) {
        let offsets = history.compactMap { $0["offset"]?.integerValue }
        if offsets != (0..<Int64(history.count)).map({ $0 + 1 }) {
            defects.append("offsets have gaps: \(offsets)")
        }
        for event in history where "\(event)".contains("REFUSED") {
            defects.append("a refused event was published: \(event)")
        }
    }

    /// Every acknowledged delta is in the publication that it was told, and all are in order.
    private mutating func checkPromises(_ history: [JSONObject]) {
        var expected: [Int64: String] = [:]
        for (offset, sent) in promised { expected[offset, default: ""] += sent.delta }
        for event in history where event["type"] == "text_delta" {
            let offset = event["offset"]?.integerValue ?? -1
            if event["delta"]?.stringValue != expected.removeValue(forKey: offset) {
                defects.append("\(event) is not what was promised")
            }
        }
        if !expected.isEmpty { defects.append("missing: \(expected)") }
        if promised.map(\.offset) != promised.map(\.offset).sorted() {
            defects.append("acknowledged out of order")
        }
    }

    /// Each question has ended once, and allowed means that somebody's answer was taken.
    private mutating func checkQuestions(_ history: [JSONObject]) throws {
        var ended: [String: Bool] = [:]
        for event in history {
            guard let type = event["type"]?.stringValue, let id = event["requestId"]?.stringValue,
                type == "permission_resolved" || type == "permission_timeout"
            else { continue }
            if ended[id] != nil { defects.append("\(id) ended twice") }
            ended[id] = event["allowed"] == true
        }
        ends = ended.count
        if Set(ended.keys) != Set(questions) { defects.append("not every question has ended") }
        let allowed = Set(ended.filter(\.value).keys)
        if allowed != acceptedApprovals { defects.append("allowed \(allowed)") }
        let pending = try hub.snapshot(of: session)["pendingPermissions"]
        if pending != [] { defects.append("pending: \(String(describing: pending))") }
    }
}
