import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Session events` {
    @Test func `deltas within the window arrive as one and are acknowledged together`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let first = try hub.publish(session, [(.textDelta, ["delta": "Hel", "turnId": "t"])])
        try hub.advance(by: .milliseconds(30))
        let second = try hub.publish(session, [(.textDelta, ["delta": "lo", "turnId": "t"])])
        #expect(try hub.answer(to: first) == nil, "What is held is not acknowledged.")
        try hub.advance(by: .milliseconds(20))
        let events = try hub.delivered(on: .session(session))
        #expect(events.count == 1)
        #expect(events[0]["delta"] == "Hello" && events[0]["turnId"] == "t")
        #expect(events[0]["sessionId"]?.stringValue == session.text)
        let offsets = try [first, second].map { try Self.results(hub, $0)[0]["offset"] }
        #expect(offsets == [1, 1])
    }

    @Test func `every other event of the session comes after the text before it`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let other = try hub.makeSession()
        try hub.subscribe(.session(session))
        try hub.publish(session, [(.textDelta, ["delta": "a", "turnId": "1"])])
        try hub.publish(session, [(.textDelta, ["delta": "b", "parentToolUseId": "p"])])
        try hub.publish(other, [(.complete, ["reason": "complete"])])
        #expect(try hub.types(on: .session(session)) == [])
        try hub.publish(
            session,
            [
                (.usage, ["inputTokens": 1, "outputTokens": 2]), (.textDelta, ["delta": "c"]),
                (.complete, ["reason": "complete"]),
            ])
        #expect(
            try hub.types(on: .session(session)) == [
                "text_delta", "text_delta", "usage", "text_delta", "complete",
            ])
        let offsets = try hub.delivered(on: .session(session)).compactMap {
            $0["offset"]?.integerValue
        }
        #expect(offsets == [1, 2, 3, 4, 5])
    }

    @Test func `a repeated event is acknowledged with its first offset and not published`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let deltas: [(SessionEventType, JSONObject)] = [
            (.textDelta, ["delta": "a"]), (.textDelta, ["delta": "b"]),
        ]
        try hub.publish(session, deltas, ids: ["e1", "e2"])
        let held = try hub.publish(session, [deltas[1]], ids: ["e2"])
        try hub.advance(by: .milliseconds(50))
        #expect(try Self.results(hub, held)[0]["duplicate"] == true)
        #expect(try Self.results(hub, held)[0]["offset"] == 1)
        try hub.restart()
        let again = try hub.publish(session, deltas, ids: ["e1", "e2"])
        #expect(try Self.results(hub, again).map { $0["duplicate"] } == [true, true])
        #expect(try Self.results(hub, again).map { $0["offset"] } == [1, 1])
        let done = try hub.publish(session, [(.complete, ["reason": "error"])], ids: ["e3"])
        let repeated = try hub.publish(session, [(.complete, ["reason": "error"])], ids: ["e3"])
        #expect(try Self.results(hub, done)[0]["offset"] == 2)
        #expect(try Self.results(hub, repeated)[0]["duplicate"] == true)
    }

    @Test func `a refused event takes back everything of its request, and nothing else`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let held = try hub.publish(session, [(.textDelta, ["delta": "before "])])
        let refused = try hub.publish(
            session,
            [
                (.textDelta, ["delta": "lost"]), (.toolStart, ["toolUseId": "u"]),
                (.complete, ["reason": "complete"]),
            ])
        #expect(try refusal { _ = try hub.answer(to: refused) } == .validationError)
        #expect(try hub.types(on: .session(session)) == [])
        let bad = try hub.publish(
            session, [(.interrupted, ["reason": "x"]), (.complete, ["reason": "what"])])
        #expect(try refusal { _ = try hub.answer(to: bad) } == .validationError)
        #expect(try hub.answer(to: held) == nil)
        let shown = try hub.call(.getSession, ["id": .string(session.text)])
        #expect(shown["status"] == "idle", "What was not published was not folded.")
        #expect(try hub.snapshot(of: session)["status"] == "running")
        #expect(try hub.delivered(on: .session(session)).map { $0["delta"] } == ["before "])
        #expect(try Self.results(hub, held).count == 1)
    }

    @Test func `a snapshot shows what is in flight, also after a restart`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.publish(
            session,
            [
                (.textDelta, ["delta": "old", "turnId": "0"]), (.complete, ["reason": "complete"]),
                (.textDelta, ["delta": "Hel", "turnId": "1"]),
                (
                    .toolStart,
                    ["toolUseId": "u", "toolName": "Bash", "toolInput": ["command": "ls"]]
                ),
                (.textDelta, ["delta": "lo", "turnId": "1"]),
                (.textDelta, ["delta": "inner", "turnId": "1", "parentToolUseId": "u"]),
            ])
        try hub.advance(by: .milliseconds(50))
        let before = try hub.snapshot(of: session)
        #expect(before["status"] == "running" && before["textInFlight"] == "Hello")
        #expect(before["runningTools"]?.arrayValue?.first?["toolInput"] == ["command": "ls"])
        #expect(before["nestedTexts"]?.arrayValue?.first?["text"] == "inner")
        try hub.restart()
        #expect(try hub.snapshot(of: session) == before)
    }

    @Test func `the end of a run is the session's status, for lists too`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.team(SessionHub.team))
        try hub.publish(
            session,
            [
                (.toolStart, ["toolUseId": "u", "toolName": "B", "toolInput": [:]]),
                (.usage, ["inputTokens": 5, "outputTokens": 6, "contextWindow": 7]),
                (.error, ["error": "boom", "code": "E", "canRetry": false]),
            ])
        let shown = try hub.call(.getSession, ["id": .string(session.text)])
        #expect(shown["status"] == "failed")
        #expect(
            shown["usage"] == ["inputTokens": 5, "outputTokens": 6, "contextWindow": 7])
        let told = try hub.delivered(on: .team(SessionHub.team)).map { $0["session"]?["status"] }
        #expect(told == ["running", "failed"])
        #expect(try hub.call(.listSessions, ["status": "failed"])["items"] == [shown])
    }

    @Test func `what is held is published when the hub stops`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        try hub.publish(session, [(.textDelta, ["delta": "bye"])])
        try hub.drain()
        #expect(try hub.types(on: .session(session)) == ["text_delta"])
    }

    @Test(arguments: malformed)
    func `an event of another shape is refused`(
        _ type: SessionEventType, _ fields: JSONObject
    ) throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let request = try hub.publish(session, [(type, fields)])
        #expect(try refusal { _ = try hub.answer(to: request) } == .validationError)
        #expect(try hub.subscribe(.session(session)).joined.head.offset == 0)
    }

    private static let malformed: [(SessionEventType, JSONObject)] = [
        (.textDelta, [:]), (.textDelta, ["delta": 1]),
        (.textDelta, ["delta": "x", "turnId": ""]), (.textComplete, ["isIntermediate": true]),
        (.toolStart, ["toolUseId": "u", "toolName": "B", "toolInput": "ls"]),
        (.toolResult, ["toolUseId": "u", "toolName": "B"]), (.interrupted, [:]),
        (.usage, ["inputTokens": -1, "outputTokens": 0]), (.usage, ["inputTokens": 1]),
        (.error, ["error": "x", "code": "E"]), (.complete, ["reason": "why"]),
        (.complete, ["reason": "complete", "usage": ["inputTokens": 1]]),
        (.userMessage, ["text": "x"]), (.permissionResolved, ["requestId": "x"]),
    ]

    private static func results(_ hub: SessionHub, _ request: Int64) throws -> [JSONValue] {
        try #require(try hub.answer(to: request)?["results"]?.arrayValue)
    }
}
