import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Runs` {
    @Test func `a message of an idle session is a run at once`() throws {
        let world = try RunHub()
        let workspace = try world.call(.createWorkspace, ["path": "/srv/p"])
        let session = try world.makeSession([
            "workspaceId": try #require(workspace["id"]), "model": "m", "mode": "safe",
        ])
        let worker = try world.worker()
        try world.watch(.session(session))
        let message = try world.say("hello", in: session)
        #expect(message.status == "accepted")
        let run = try #require(world.assignments(of: worker).first)
        #expect(run.lease == SessionLease(session: session, generation: 1))
        #expect(
            run.messages.map(\.text) == ["hello"] && run.messages.map(\.id.text) == [message.id])
        #expect(run.mode == .safe && run.model == "m" && run.workspace?.path == "/srv/p")
        #expect(run.permissionTimeoutMilliseconds == 60_000 && !run.isResumed)
        let events = try world.events()
        #expect(events.map { $0["status"] } == ["accepted", "processing"])
        #expect(try world.session(session)["status"] == "running")
    }

    @Test func `messages said meanwhile wait in order and are seen to wait`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("first", in: session)
        #expect(try world.say("second", in: session).status == "queued")
        #expect(try world.say("third", in: session).status == "queued")
        #expect(world.assignments(of: worker).isEmpty)
        let queued = try world.watch(.session(session))["queuedMessages"]?.arrayValue
        #expect(queued?.compactMap { $0["text"]?.stringValue } == ["second", "third"])
        #expect(
            try world.messages(session).map { $0["status"] } == ["processing", "queued", "queued"])
        try world.complete(worker, lease)
        let next = try #require(world.assignments(of: worker).first)
        #expect(next.messages.map(\.text) == ["second"] && next.isResumed)
        #expect(next.lease.generation == 2)
        #expect(try world.types() == ["complete", "user_message"])
        try world.complete(worker, next.lease)
        #expect(world.assignments(of: worker).first?.messages.map(\.text) == ["third"])
        #expect(try world.messages(session).map { $0["status"] } == [nil, nil, "processing"])
    }

    @Test func `a message that waits can be taken back, one that runs can not`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("first", in: session)
        let second = try world.say("second", in: session).id
        let first = try #require(try world.messages(session).first?["id"])
        let id = JSONValue.string(session.text)
        try world.watch(.team(world.team))
        try world.call(.deleteMessage, ["id": id, "messageId": .string(second)])
        #expect(try world.types() == ["session_updated"])
        for (message, code) in [(first, ErrorCode.conflict), (.string(second), .notFound)] {
            #expect(
                try refusal { try world.call(.deleteMessage, ["id": id, "messageId": message]) }
                    == code)
        }
        #expect(try world.messages(session).count == 1)
        try world.complete(worker, lease)
        #expect(world.assignments(of: worker).isEmpty)
    }

    @Test func `what no worker has room for waits, fairly, and is seen to wait`() throws {
        let world = try RunHub()
        let worker = try world.worker(1)
        let sessions = try (0..<3).map { _ in try world.makeSession() }
        #expect(try world.say("a", in: sessions[0]).status == "accepted")
        #expect(try world.say("b", in: sessions[1]).status == "queued")
        #expect(try world.say("c", in: sessions[2]).status == "queued")
        #expect(try world.say("a again", in: sessions[0]).status == "queued")
        var order: [String] = []
        while let run = world.assignments(of: worker).first {
            order += run.messages.map(\.text)
            try world.complete(worker, run.lease)
        }
        #expect(order == ["a", "b", "c", "a again"])
    }

    @Test func `one team's runs stop at its limit and leave room for others`() throws {
        let world = try RunHub { $0.hub.maximumRunsPerTeam = 1 }
        let worker = try world.worker()
        let sessions = try (0..<2).map { _ in try world.makeSession() }
        for session in sessions { try world.say("go", in: session) }
        #expect(world.assignments(of: worker).map(\.lease.session) == [sessions[0]])
        let cli = try world.hub.connect(.cli)
        let other = try Fixture.team(world.hub, cli, "Other")
        let theirs = try world.hub.call(cli, .createSession, ["teamId": .string(other.text)])
        let id = try #require(theirs["id"])
        try world.hub.call(cli, .createMessage, ["id": id, "text": "go"])
        #expect(world.assignments(of: worker).map(\.team) == [other])
    }

    @Test func `messages accepted while no worker was there wait for the first`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        #expect(try world.say("one", in: session).status == "accepted")
        #expect(try world.say("two", in: session).status == "accepted")
        try world.restart()
        let worker = try world.worker()
        #expect(world.assignments(of: worker).map { $0.messages[0].text } == ["one"])
        #expect(try world.messages(session).map { $0["status"] } == ["processing", "queued"])
    }

    @Test func `a message that waits for the first worker can be taken back`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let message = try world.say("one", in: session).id
        try world.call(
            .deleteMessage, ["id": .string(session.text), "messageId": .string(message)])
        let worker = try world.worker()
        #expect(world.assignments(of: worker).isEmpty)
    }

    @Test func `a session that an agent outside runs is given to no worker`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        try world.say("for you", in: session)
        try publishOutside(world, session)
        let worker = try world.worker()
        #expect(try world.say("more", in: session).status == "queued")
        try publishOutside(world, session, .complete, ["reason": "complete"])
        #expect(try world.say("and more", in: session).status == "accepted")
        #expect(world.assignments(of: worker).isEmpty)
    }

    @Test func `nobody outside writes into a session that a worker runs`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (_, lease) = try world.running(in: session)
        #expect(try refusal { try publishOutside(world, session) } == .conflict)
        let code = try refusal {
            try world.call(
                .requestPermission,
                [
                    "id": .string(lease.session.text), "toolName": "Bash", "command": "ls",
                    "description": "",
                ])
        }
        #expect(code == .conflict)
    }

    @Test func `a worker that drains gets nothing new`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let worker = try world.worker(0)
        #expect(try world.say("go", in: session).status == "queued")
        #expect(world.assignments(of: worker).isEmpty)
        let other = try world.worker(1)
        #expect(world.assignments(of: other).count == 1)
    }

    @Test func `a message sent twice under its client's id is run once`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let worker = try world.worker()
        let parameters: JSONObject = [
            "id": .string(session.text), "text": "go", "clientMessageId": "c1",
        ]
        try world.call(.createMessage, parameters)
        let run = try #require(world.assignments(of: worker).first)
        #expect(try world.call(.createMessage, parameters)["status"] == "processing")
        try world.complete(worker, run.lease)
        #expect(try world.call(.createMessage, parameters)["status"] == "accepted")
        #expect(world.assignments(of: worker).isEmpty)
    }

    private func publishOutside(
        _ world: RunHub, _ session: SessionID, _ type: SessionEventType = .toolStart,
        _ fields: JSONObject = ["toolUseId": "u", "toolName": "Bash", "toolInput": [:]]
    ) throws {
        let event = ProducedEvent(
            channel: .session(session), eventID: "e", isIdempotent: false, time: world.hub.now,
            content: .session(type, fields: fields))
        let answer = try world.hub.ask(world.rest) { .publish($0, world.key, [event], texts: []) }
        if let refusal = answer.refusal { throw refusal }
    }
}
