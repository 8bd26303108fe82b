import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

/// What of a session is kept, and when nothing more is taken.
@Suite struct `Kept sizes` {
    @Test func `a long session loses its oldest results, and REST says so`() throws {
        let fixture = try Fixture { $0.hub.maximumSessionBytes = 2 << 20 }
        let session = try fixture.session()
        for number in 1...14 {
            for type in [SessionEventType.toolStart, .toolResult] {
                try fixture.publish(
                    type,
                    [
                        "toolUseId": .string("use-\(number)"), "toolName": "T", "toolInput": [:],
                        "result": .string(String(repeating: "x", count: 200_000)),
                    ], in: session)
            }
        }
        let rows = try fixture.pages(.listMessages, ["id": session, "limit": 200])
            .flatMap { $0["items"]?.arrayValue ?? [] }
        #expect(rows.map { $0["toolUseId"] } == (1...14).map { .string("use-\($0)") })
        let lengths = rows.map { $0["result"]?.stringValue?.count ?? 0 }
        #expect((8...10).contains(lengths.filter { $0 == 200_000 }.count))
        #expect(rows[0]["result"]?.stringValue == MessageBounds.removedResult)
        #expect(try fixture.metric("limits_reached_total", of: "hub.maximumSessionBytes") > 0)
    }

    @Test func `a team that keeps as much as it may gets an answer, and room by deleting`() throws {
        let fixture = try Fixture { $0.hub.maximumTeamBytes = 1 << 20 }
        let session = try fixture.session()
        try fixture.say(5, texts: 250_000, in: session)
        func code(_ operation: Protocol.Operation, _ parameters: JSONObject) throws -> ErrorCode? {
            try refusal {
                try fixture.hub.call(fixture.fcgi, operation, parameters, as: fixture.key)
            }
        }
        #expect(try code(.createSession, [:]) == .limitReached)
        #expect(try code(.createMessage, ["id": session, "text": "hi"]) == .limitReached)
        let event = ProducedEvent(
            channel: .session(try SessionID(parsing: session.stringValue ?? "")), eventID: "made",
            isIdempotent: false, time: fixture.hub.now,
            content: .session(.textComplete, fields: ["text": "more"]))
        let answer = try fixture.hub.ask(fixture.fcgi) {
            .publish($0, fixture.key, [event], texts: [])
        }
        #expect(answer.refusal?.code == .limitReached)
        let other = try Fixture.team(fixture.hub, fixture.cli, "Other")
        try fixture.hub.call(fixture.cli, .createSession, ["teamId": .string(other.text)])
        #expect(try fixture.metric("limits_reached_total", of: "hub.maximumTeamBytes") == 3)
        #expect(try code(.deleteSession, ["id": session]) == nil)
        #expect(try code(.createSession, [:]) == nil)
    }

    @Test func `messages that no agent comes for are bounded`() throws {
        let fixture = try Fixture()
        let session = try fixture.session()
        func say() throws -> ErrorCode? {
            try refusal {
                try fixture.hub.call(
                    fixture.fcgi, .createMessage, ["id": session, "text": "anybody?"],
                    as: fixture.key)
            }
        }
        for _ in 1...100 { #expect(try say() == nil) }
        #expect(try say() == .limitReached)
        #expect(try fixture.metric("limits_reached_total", of: "hub.maximumWaitingMessages") == 1)
        // An agent outside takes the session over, and what it has read waits for nobody.
        try fixture.publish(.textComplete, ["text": "I am here"], in: session)
        #expect(try say() == nil)
    }
}
