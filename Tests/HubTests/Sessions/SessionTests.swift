import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Sessions` {
    @Test func `a session is made, shown, changed, listed and deleted`() throws {
        let hub = try SessionHub()
        try hub.subscribe(.team(SessionHub.team))
        let made = try hub.call(.createSession, ["name": "First", "mode": "safe"])
        let id = try #require(made["id"])
        #expect(made["status"] == "idle" && made["mode"] == "safe" && made["modeVersion"] == 1)
        #expect(made["usage"] == .null && made["messageCount"] == 0 && made["name"] == "First")
        #expect(try hub.call(.getSession, ["id": id]) == made)
        let changed = try hub.call(.updateSession, ["id": id, "name": nil, "model": "m"])
        #expect(changed["name"] == .null && changed["model"] == "m")
        #expect(try hub.call(.listSessions)["items"]?.arrayValue == [changed])
        try hub.call(.deleteSession, ["id": id])
        #expect(try hub.call(.listSessions)["items"]?.arrayValue == [])
        #expect(try refusal { try hub.call(.getSession, ["id": id]) } == .notFound)
        let team = ChannelIdentity.team(SessionHub.team)
        #expect(
            try hub.types(on: team) == ["session_created", "session_updated", "session_deleted"])
        #expect(try hub.delivered(on: team)[1]["session"] == changed)
    }

    @Test func `another team's session is as unknown as none`() throws {
        let hub = try SessionHub()
        let id = JSONValue.string(try hub.makeSession().text)
        for operation in [
            Protocol.Operation.getSession, .updateSession, .deleteSession, .abortSession,
            .listMessages, .listSessionPermissions, .listRules,
        ] {
            let code = try refusal {
                try hub.call(operation, ["id": id], as: SessionHub.stranger)
            }
            #expect(code == .notFound, "\(operation)")
        }
        #expect(
            try hub.call(.listSessions, as: SessionHub.stranger)["items"]?.arrayValue == [])
        #expect(try refusal { try hub.call(.getSession, ["id": "no such id"]) } == .notFound)
    }

    @Test func `a list goes on behind its cursor, newest first, and filters`() throws {
        let hub = try SessionHub()
        var ids: [String] = []
        for name in ["alpha", "Beta", "gamma"] {
            ids.append(try hub.makeSession(["name": .string(name)]).text)
            try hub.advance(by: .milliseconds(1))
        }
        let first = try hub.call(.listSessions, ["limit": 2])
        let cursor = try #require(first["nextCursor"])
        let second = try hub.call(.listSessions, ["limit": 2, "cursor": cursor])
        let shown = [first, second].flatMap { $0["items"]?.arrayValue ?? [] }
        #expect(shown.compactMap { $0["id"]?.stringValue } == ids.reversed())
        #expect(second["nextCursor"] == .null)
        let found = try hub.call(.listSessions, ["q": "bet"])["items"]?.arrayValue
        #expect(found?.compactMap { $0["name"]?.stringValue } == ["Beta"])
        #expect(try hub.call(.listSessions, ["status": "running"])["items"]?.arrayValue == [])
        #expect(try hub.call(.listSessions, ["status": "idle"])["items"]?.arrayValue?.count == 3)
    }

    @Test func `a new mode is told with its version, the same mode is not`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let id = JSONValue.string(session.text)
        try hub.call(.updateSession, ["id": id, "mode": "ask"])
        let changed = try hub.call(.updateSession, ["id": id, "mode": "allow-all"])
        #expect(changed["modeVersion"] == 2 && changed["mode"] == "allow-all")
        let events = try hub.delivered(on: .session(session))
        #expect(events.count == 1 && events[0]["type"] == "mode_changed")
        #expect(events[0]["previousMode"] == "ask" && events[0]["changedBy"] == "key:person")
        #expect(try hub.snapshot(of: session)["modeVersion"] == 2)
    }

    @Test func `a session takes the defaults of its workspace`() throws {
        let hub = try SessionHub()
        let workspace = try hub.call(
            .createWorkspace, ["path": "/srv/project", "mode": "safe", "model": "big"])
        #expect(workspace["name"] == "project")
        let id = try #require(workspace["id"])
        let session = try hub.call(.createSession, ["workspaceId": id, "model": "small"])
        #expect(session["mode"] == "safe" && session["model"] == "small")
        #expect(session["workingDirectory"] == "/srv/project")
        try hub.call(.deleteWorkspace, ["id": id])
        let after = try hub.call(.getSession, ["id": try #require(session["id"])])
        #expect(after["workspaceId"] == .null)
        let code = try refusal { try hub.call(.createSession, ["workspaceId": id]) }
        #expect(code == .validationError)
        #expect(
            try refusal { try hub.call(.createWorkspace, ["path": "/a/../b"]) } == .validationError)
    }

    @Test func `abort stops a run and says the truth about it`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let id = JSONValue.string(session.text)
        #expect(try hub.call(.abortSession, ["id": id]) == ["aborted": false])
        try hub.subscribe(.session(session))
        try hub.publish(session, [(.textDelta, ["delta": "par"])])
        try hub.call(.createMessage, ["id": id, "text": "wait"])
        try hub.call(.createMessage, ["id": id, "text": "and this"])
        try hub.call(
            .requestPermission, ["id": id, "toolName": "Bash", "command": "ls", "description": ""])
        #expect(try hub.call(.abortSession, ["id": id]) == ["aborted": true])
        #expect(
            try hub.types(on: .session(session)) == [
                "text_delta", "user_message", "user_message", "permission_request",
                "permission_resolved", "interrupted",
            ])
        let events = try hub.delivered(on: .session(session))
        #expect(events[4]["allowed"] == false && events[4]["resolvedBy"] == "aborted")
        #expect(events[5]["queuedMessages"]?.arrayValue?.count == 1)
        let snapshot = try hub.snapshot(of: session)
        #expect(snapshot["status"] == "interrupted" && snapshot["queuedMessages"] == [])
        #expect(try hub.call(.abortSession, ["id": id]) == ["aborted": false])
    }

    @Test func `a deleted session's channel is withdrawn, its text published before`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let request = try hub.publish(session, [(.textDelta, ["delta": "last words"])])
        try hub.call(.deleteSession, ["id": .string(session.text)])
        #expect(try hub.types(on: .session(session)) == ["text_delta"])
        #expect(try hub.answer(to: request) != nil)
        #expect(
            hub.sent.contains {
                if case .withdrawn(.session(session)) = $0 { true } else { false }
            })
        #expect(try refusal { try hub.subscribe(.session(session)) } == .channelForbidden)
    }

    @Test func `a team has a limited number of sessions`() throws {
        let hub = try SessionHub()
        hub.settings.hub.maximumSessionsPerTeam = 1
        try hub.restart()
        _ = try hub.makeSession()
        #expect(try refusal { _ = try hub.makeSession() } == .limitReached)
    }
}
