import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Permission requests` {
    @Test func `a question reaches subscribers, snapshots and lists until it is answered`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let asked = try Self.ask(hub, session, ["requestId": "r1"])
        #expect(asked["requestId"] == "r1" && asked["sessionId"]?.stringValue == session.text)
        let snapshot = try hub.snapshot(of: session)
        #expect(snapshot["status"] == "waiting")
        #expect(snapshot["pendingPermissions"]?.arrayValue?.first?["requestId"] == "r1")
        #expect(try Self.pending(hub, session) == ["r1"])
        #expect(try hub.call(.listTeamPermissions)["items"]?.arrayValue == [asked])
        let answer = try Self.answer(hub, session, "r1", true)
        #expect(answer["allowed"] == true && answer["resolvedBy"] == "key:person")
        let events = try hub.delivered(on: .session(session))
        #expect(
            events.compactMap { $0["type"]?.stringValue } == [
                "permission_request", "permission_resolved",
            ])
        #expect(events[0]["request"]?["expiresAt"] == asked["expiresAt"])
        #expect(events[1]["allowed"] == true && events[1]["alwaysAllow"] == false)
        #expect(try Self.pending(hub, session) == [])
        #expect(try hub.snapshot(of: session)["status"] == "idle")
    }

    @Test func `the first answer wins`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1"])
        try hub.subscribe(.session(session))
        try Self.answer(hub, session, "r1", false)
        let second = try refusal { _ = try Self.answer(hub, session, "r1", true) }
        #expect(second == .permissionAlreadyResolved)
        #expect(try hub.delivered(on: .session(session)).map { $0["allowed"] } == [false])
    }

    @Test func `an unanswered question ends in a denial, also over a restart`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1"])
        try Self.ask(hub, session, ["requestId": "r2", "timeoutMs": 1_000])
        try Self.ask(hub, session, ["requestId": "r3", "timeoutMs": nil])
        try hub.subscribe(.session(session))
        try hub.advance(by: .milliseconds(999))
        #expect(try Self.pending(hub, session) == ["r1", "r2", "r3"])
        try hub.advance(by: .milliseconds(1))
        #expect(try Self.pending(hub, session) == ["r1", "r3"])
        try hub.restart()
        #expect(try hub.snapshot(of: session)["status"] == "waiting")
        hub.forget()
        try hub.advance(by: .seconds(58))
        #expect(try Self.pending(hub, session) == ["r1", "r3"])
        try hub.advance(by: .seconds(1))
        #expect(try hub.types(on: .session(session)) == ["permission_timeout"])
        #expect(try hub.delivered(on: .session(session))[0]["requestId"] == "r1")
        #expect(try Self.pending(hub, session) == ["r3"])
        let late = try refusal { _ = try Self.answer(hub, session, "r1", true) }
        #expect(late == .permissionAlreadyResolved)
    }

    @Test func `an answer after the time is no approval, although the timer was late`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1", "timeoutMs": 1_000])
        try hub.subscribe(.session(session))
        hub.passWithoutAlarm(.seconds(1))
        let late = try refusal { _ = try Self.answer(hub, session, "r1", true) }
        #expect(late == .permissionAlreadyResolved)
        try hub.advance(by: .zero)
        #expect(try hub.types(on: .session(session)) == ["permission_timeout"])
    }

    @Test func `a session's own time-out holds for its questions, null waits`() throws {
        let hub = try SessionHub()
        let quick = try hub.makeSession(["permissionTimeoutMs": 500])
        let patient = try hub.makeSession(["permissionTimeoutMs": nil])
        #expect(try Self.ask(hub, patient)["expiresAt"] == .null)
        try Self.ask(hub, quick, ["requestId": "r1"])
        try hub.advance(by: .milliseconds(500))
        #expect(try Self.pending(hub, quick) == [])
        try hub.advance(by: .seconds(1_000_000))
        #expect(try Self.pending(hub, patient).count == 1)
    }

    @Test func `a repeated question is the same, another under its id is refused`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let first = try Self.ask(hub, session, ["requestId": "r1"])
        try hub.advance(by: .seconds(1))
        #expect(try Self.ask(hub, session, ["requestId": "r1"]) == first)
        #expect(try hub.types(on: .session(session)) == ["permission_request"])
        let other = try refusal {
            try Self.ask(hub, session, ["requestId": "r1", "command": "rm x"])
        }
        #expect(other == .conflict)
        try Self.answer(hub, session, "r1", true)
        let ended = try refusal { try Self.ask(hub, session, ["requestId": "r1"]) }
        #expect(ended == .permissionAlreadyResolved)
    }

    @Test func `unknown and foreign questions are not found`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1"])
        let unknown = try refusal { _ = try Self.answer(hub, session, "r2", true) }
        #expect(unknown == .permissionNotFound)
        let nowhere = try refusal { _ = try Self.answer(hub, "no-session", "r1", true) }
        #expect(nowhere == .permissionNotFound)
        let foreign = try refusal {
            _ = try Self.answer(hub, session, "r1", true, as: SessionHub.stranger)
        }
        #expect(foreign == .permissionNotFound)
        #expect(try Self.pending(hub, session) == ["r1"])
    }

    @Test func `always allow answers the next time, for this session, until it is revoked`() throws
    {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1", "command": "git status"])
        let answer = try Self.answer(hub, session, "r1", true, always: true)
        #expect(answer["alwaysAllow"] == true)
        try hub.subscribe(.session(session))
        try Self.ask(hub, session, ["requestId": "r2", "command": "git status --short"])
        let event = try #require(try hub.delivered(on: .session(session)).first)
        #expect(event["type"] == "permission_resolved" && event["allowed"] == true)
        #expect(event["resolvedBy"]?.stringValue?.hasPrefix("rule:") == true)
        let id = JSONValue.string(session.text)
        let rules = try #require(try hub.call(.listRules, ["id": id])["items"]?.arrayValue)
        #expect(rules.map { $0["commandPrefix"] } == [["git", "status"]])
        #expect(
            rules.map { $0["remembers"] }
                == ["git status, also with further arguments that only read"])
        try Self.ask(hub, session, ["requestId": "r3", "command": "git push"])
        try Self.ask(hub, try hub.makeSession(), ["command": "git status"])
        #expect(try hub.call(.listTeamPermissions)["items"]?.arrayValue?.count == 2)
        #expect(try hub.call(.deleteRules, ["id": id]) == ["deleted": 1])
        try Self.ask(hub, session, ["requestId": "r4", "command": "git status"])
        #expect(try Self.pending(hub, session) == ["r3", "r4"])
    }

    @Test(arguments: ["make && rm -rf x", "rm -rf x", "sudo ls", "bash -c ls"])
    func `always allow of a compound or dangerous command holds once`(_ command: String) throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1", "command": .string(command)])
        let answer = try Self.answer(hub, session, "r1", true, always: true)
        #expect(answer["allowed"] == true && answer["alwaysAllow"] == false)
        #expect(try hub.call(.listRules, ["id": .string(session.text)])["items"] == [])
        try Self.ask(hub, session, ["requestId": "r2", "command": .string(command)])
        #expect(try Self.pending(hub, session) == ["r2"])
    }

    @Test func `a denial with always allow remembers nothing`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1"])
        try Self.answer(hub, session, "r1", false, always: true)
        #expect(try hub.call(.listRules, ["id": .string(session.text)])["items"] == [])
    }

    @Test func `a session has a limited number of open questions`() throws {
        let hub = try SessionHub()
        hub.settings.hub.maximumPendingPermissionsPerSession = 1
        try hub.restart()
        let session = try hub.makeSession()
        try Self.ask(hub, session)
        #expect(try refusal { try Self.ask(hub, session) } == .limitReached)
    }

    @Test func `a deleted session's questions are denied before it goes`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try Self.ask(hub, session, ["requestId": "r1"])
        try hub.subscribe(.session(session))
        try hub.call(.deleteSession, ["id": .string(session.text)])
        let event = try #require(try hub.delivered(on: .session(session)).first)
        #expect(event["type"] == "permission_resolved" && event["allowed"] == false)
        #expect(event["resolvedBy"] == "session_deleted")
        #expect(try hub.call(.listTeamPermissions)["items"] == [])
        try hub.advance(by: .seconds(61))
    }

    @discardableResult
    private static func ask(
        _ hub: SessionHub, _ session: SessionID, _ more: JSONObject = [:]
    ) throws -> JSONValue {
        var parameters: JSONObject = [
            "id": .string(session.text), "toolName": "Bash", "command": "ls -l",
            "description": "Lists files",
        ]
        for (key, value) in more { parameters[key] = value }
        return try hub.call(.requestPermission, parameters, as: SessionHub.agent)
    }

    @discardableResult
    private static func answer(
        _ hub: SessionHub, _ session: SessionID, _ request: String, _ allowed: Bool,
        always: Bool = false, as credential: CredentialID = SessionHub.person
    ) throws -> JSONValue {
        try hub.call(
            .answerPermission,
            [
                "sessionId": .string(session.text), "requestId": .string(request),
                "allowed": .bool(allowed), "alwaysAllow": .bool(always),
            ], as: credential)
    }

    private static func pending(_ hub: SessionHub, _ session: SessionID) throws -> [String] {
        let list = try hub.call(.listSessionPermissions, ["id": .string(session.text)])
        return list["items"]?.arrayValue?.compactMap { $0["requestId"]?.stringValue } ?? []
    }
}
