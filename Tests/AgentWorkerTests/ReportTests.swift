import AgentWorker
import JSON
import Protocol
import Realtime
import Testing

/// What a run tells the hub, and what it keeps until it is stored.
@Suite struct ReportTests {
    private var queue = ReportQueue(Script.assignment(), eventPrefix: "p")
    private let time = Timestamp(milliseconds: 0)

    private func delta(_ text: String) -> SessionNotice { .textDelta(text, "t") }

    @Test mutating func `what is gathered in one iteration is one report`() {
        queue.add(delta("a"), at: time, isLinkUp: true)
        queue.add(TranscriptEntry(personsText: "x"))
        queue.add(delta("b"), at: time, isLinkUp: true)
        let reports = queue.close()
        #expect(reports.count == 1)
        #expect(reports.first?.number == 1)
        #expect(reports.first?.events.count == 2)
        #expect(reports.first?.transcript.count == 1)
        #expect(Set(reports.flatMap(\.events).map(\.eventID)).count == 2)
        #expect(queue.close().isEmpty)
        #expect(!queue.isEmpty)
        queue.stored(1)
        #expect(queue.isEmpty)
    }

    @Test mutating func `what has no answer is said again with its number`() {
        queue.add(delta("a"), at: time, isLinkUp: true)
        let first = queue.close()
        queue.add(delta("b"), at: time, isLinkUp: true)
        let second = queue.close()
        #expect(queue.unstored == first + second)
        queue.stored(1)
        #expect(queue.unstored == second)
    }

    @Test mutating func `operators are told apart, on the agent's and the team's channel`() {
        queue.add(OperatorNotice.status(.running), at: time, isLinkUp: true)
        queue.add(OperatorNotice.log("line"), at: time, isLinkUp: true)
        queue.add(delta("a"), at: time, isLinkUp: true)
        let reports = queue.close()
        #expect(reports.count == 2)
        #expect(
            reports[0].events.map(\.channel.description)
                == ["agent:team/agent", "team:team", "agent:team/agent"])
        #expect(
            String(decoding: reports[0].texts, as: UTF8.self).contains(#""channel":"agent:agent""#))
        #expect(
            reports[0].events.reduce(0) {
                if case .ready(let bytes) = $1.content { $0 + bytes } else { $0 }
            } == reports[0].texts.count)
        #expect(queue.refused(1) == false)
        #expect(queue.refused(2) == true)
        #expect(queue.isEmpty)
    }

    @Test mutating func `without a link the log is let go, the text and the record are kept`() {
        queue.add(OperatorNotice.log("line"), at: time, isLinkUp: false)
        #expect(queue.isEmpty)
        queue.add(delta("a"), at: time, isLinkUp: false)
        queue.add(SessionNotice.complete(.complete, nil), at: time, isLinkUp: false)
        #expect(queue.close().map(\.events.count) == [2])
        #expect(queue.unstored.count == 1)
    }

    @Test mutating func `without a link previews over their limit are let go, the record is not`() {
        let text = String(repeating: "x", count: 1024)
        for _ in 0..<9 * 1024 { queue.add(delta(text), at: time, isLinkUp: false) }
        let kept = queue.close().reduce(0) { $0 + $1.events.count }
        #expect((900...1024).contains(kept))
        #expect(!queue.isOverLimit)
        queue.add(SessionNotice.complete(.complete, nil), at: time, isLinkUp: false)
        #expect(queue.close().count == 1)
        queue.add(delta("a"), at: time, isLinkUp: true)
        #expect(queue.close().count == 1)
    }

    @Test mutating func `many events are cut into reports, the entries behind all of them`() {
        for number in 1...1_200 { queue.add(delta("\(number)"), at: time, isLinkUp: true) }
        queue.add(TranscriptEntry(personsText: "x"))
        let reports = queue.close()
        #expect(reports.map(\.events.count) == [500, 500, 200])
        #expect(reports.map(\.transcript.count) == [0, 0, 1])
        #expect(reports.map(\.number) == [1, 2, 3])
    }

    @Test mutating func `entries that are long together are cut into reports`() {
        let long = String(repeating: "x", count: 3 << 20)
        queue.add(TranscriptEntry(personsText: long))
        #expect(!queue.isOverLimit)
        queue.add(TranscriptEntry(personsText: long))
        #expect(queue.close().map(\.transcript.count) == [1, 1])
        queue.add(TranscriptEntry(personsText: long))
        #expect(queue.isOverLimit)
    }

    @Test func `events of any text fit into a publication`() {
        let notices: [SessionNotice] = [
            .textComplete(String(repeating: "\u{1}", count: 300_000), "t", isIntermediate: false),
            .toolStart(
                ClaudeToolUse.write(String(repeating: "\"", count: 400_000)), "t",
                intent: String(repeating: "ä", count: 4_000)),
            .toolStart(ClaudeToolUse.nested(String(repeating: "\"", count: 400_000)), "t"),
            .error(RunFailure(.internal, String(repeating: "\n", count: 300_000))),
        ]
        for notice in notices {
            let text = EventText.open(
                type: notice.type.rawValue, channel: .session("ses"), at: time, eventID: "e",
                body: notice.fields)
            #expect(text.count < Limits.maximumPublicationBytes)
        }
    }
}
