import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Questions of runs` {
    private let build = PermissionRule(toolName: "Bash", scope: .commandPrefix(["ls", "-l"]))

    @Test func `a person's answer reaches the worker, a second answer nobody`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        try world.ask(worker, lease, "q1")
        #expect(try world.session(session)["status"] == "waiting")
        #expect(world.pushed(to: worker).isEmpty)
        _ = try world.answer("q1", in: session, allowed: true)
        #expect(verdicts(of: worker, world) == ["q1 true false key:\(world.key)"])
        #expect(
            try refusal { _ = try world.answer("q1", in: session, allowed: false) }
                == .permissionAlreadyResolved)
        #expect(world.pushed(to: worker).isEmpty)
        #expect(try world.types() == ["permission_request", "permission_resolved"])
        #expect(try world.session(session)["status"] == "running")
    }

    @Test func `a denial and a timeout are denials`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.ask(worker, lease, "q1")
        try world.ask(worker, lease, "q2", ["timeoutMs": 1_000])
        _ = try world.answer("q1", in: session, allowed: false, always: true)
        try world.hub.wait(.seconds(1))
        #expect(
            verdicts(of: worker, world) == [
                "q1 false false key:\(world.key)", "q2 false false timeout",
            ])
        #expect(
            try refusal { _ = try world.answer("q2", in: session, allowed: true) }
                == .permissionAlreadyResolved)
    }

    @Test func `an answer holds for one call: the same id for another is refused`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.ask(worker, lease, "q1", digest: "a")
        _ = try world.answer("q1", in: session, allowed: true)
        _ = world.pushed(to: worker)
        #expect(try refusal { try world.ask(worker, lease, "q1", digest: "b") } == .conflict)
        #expect(world.pushed(to: worker).isEmpty)
        try world.complete(worker, lease)
        try world.say("again", in: session)
        let next = try #require(world.assignments(of: worker).first).lease
        #expect(try refusal { try world.ask(worker, next, "q1", digest: "a") } == .conflict)
        #expect(try refusal { try world.ask(worker, lease, "q2") } == .leaseLost)
    }

    @Test func `what always allow remembers goes to the worker first, and to the next run`() throws
    {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.ask(worker, lease, "q1", rule: build)
        let resolution = try world.answer("q1", in: session, allowed: true, always: true)
        #expect(resolution["alwaysAllow"] == true)
        let pushed = world.pushed(to: worker)
        #expect(pushed.first == .rulesChanged(session, [build]) && pushed.count == 2)
        // Covered by the rule: answered without anybody, and only where it was parsed.
        let narrower = PermissionRule(
            toolName: "Bash", scope: .commandPrefix(["ls", "-l", "-a"]))
        let other = PermissionRule(
            toolName: "Bash", scope: .command(["ls", "-l", "--hyperlink"]))
        try world.ask(worker, lease, "q2", rule: narrower)
        try world.ask(worker, lease, "q3", ["command": "ls -l"])
        #expect(verdicts(of: worker, world).map { $0.prefix(13) } == ["q2 true true "])
        try world.ask(worker, lease, "q4", rule: other)
        #expect(try world.session(session)["pendingPermissions"] == 2)
        #expect(
            try world.questions(in: session).map { $0["remembers"] }
                == [nil, "exactly: ls -l --hyperlink"])
        try world.complete(worker, lease)
        try world.say("again", in: session)
        let next = try #require(world.assignments(of: worker).first)
        #expect(next.rules == [build])
        try world.call(.deleteRules, ["id": .string(session.text)])
        #expect(world.pushed(to: worker) == [.rulesChanged(session, [])])
    }

    @Test func `without a rule nothing is remembered, and a foreign rule is refused`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.ask(worker, lease, "q1")
        let answer = try world.answer("q1", in: session, allowed: true, always: true)
        #expect(answer["alwaysAllow"] == false)
        let other = PermissionRule(toolName: "Write", scope: .path("src"))
        #expect(
            try refusal { try world.ask(worker, lease, "q2", rule: other) } == .validationError)
    }

    @Test func `a question outlives the hub, and its answer finds the worker that came back`()
        throws
    {
        let world = try RunHub()
        let session = try world.makeSession()
        let (before, lease) = try world.running(in: session)
        try world.hub.wait(.seconds(1))
        try world.ask(before, lease, "q1", ["timeoutMs": nil, "toolUseId": "toolu_1"])
        try world.restart()
        let worker = try world.worker(holding: [lease])
        #expect(try world.session(session)["status"] == "waiting")
        let known = try #require(try world.questions(in: session).first)
        #expect(known["toolUseId"] == "toolu_1" && known["inputDigest"] == "d")
        _ = world.pushed(to: worker)
        try world.ask(worker, lease, "q1", ["timeoutMs": nil])
        _ = try world.answer("q1", in: session, allowed: true)
        #expect(verdicts(of: worker, world).count == 1)
        // Asked again by a worker that missed the answer.
        try world.ask(worker, lease, "q1", ["timeoutMs": nil])
        #expect(verdicts(of: worker, world) == ["q1 true false key:\(world.key)"])
    }

    @Test func `nothing is allowed that nobody could do`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.report(
            worker, lease,
            [
                (.toolStart, ["toolUseId": "toolu_1", "toolName": "Bash", "toolInput": [:]]),
                (.toolStart, ["toolUseId": "toolu_2", "toolName": "Bash", "toolInput": [:]]),
            ])
        try world.ask(worker, lease, "q1", ["toolUseId": "toolu_1", "timeoutMs": nil])
        try world.ask(worker, lease, "q2", ["toolUseId": "toolu_2", "timeoutMs": nil])
        _ = try world.answer("q2", in: session, allowed: true)
        try world.hub.disconnect(worker)
        func answer(allowed: Bool) throws -> ErrorCode? {
            try refusal { _ = try world.answer("q1", in: session, allowed: allowed) }
        }
        #expect(try answer(allowed: true) == .serviceUnavailable)
        #expect(try world.questions(in: session).count == 1)
        try world.hub.wait(.seconds(6))
        #expect(try answer(allowed: true) == .permissionAlreadyResolved)
        let results = try world.messages(session).compactMap { $0["result"]?.stringValue }
        #expect(results.count == 2)
        #expect(results.first?.contains("was not run") == true)
        #expect(results.last?.contains("outcome is unknown") == true)
    }

    @Test func `the end of a run ends its questions as denials, before it`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        try world.ask(worker, lease, "q1")
        try world.complete(worker, lease, "error")
        #expect(try world.types() == ["permission_request", "permission_resolved", "complete"])
        #expect(
            try refusal { _ = try world.answer("q1", in: session, allowed: true) }
                == .permissionAlreadyResolved)
    }

    @Test func `a mode that a person changes reaches the run`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, _) = try world.running(in: session)
        try world.call(.updateSession, ["id": .string(session.text), "mode": "safe"])
        #expect(world.pushed(to: worker) == [.modeChanged(session, .safe, version: 2)])
    }

    @Test func `a worker may ask for its own runs only, and nothing else without a credential`()
        throws
    {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, _) = try world.running(in: session)
        let other = SessionLease(session: try world.makeSession(), generation: 1)
        #expect(try refusal { try world.ask(worker, other, "q") } == .leaseLost)
        for operation in [
            Protocol.Operation.getSession, .answerPermission, .createMessage, .whoAmI, .listTeams,
        ] {
            let other = try world.worker()
            #expect(throws: TestHubError.self, "\(operation)") {
                try world.hub.call(other, operation, ["id": .string(session.text)])
            }
            #expect(world.hub.closed[other]?.label == "out_of_turn")
        }
        #expect(throws: TestHubError.self) {
            try world.call(.readTranscript, ["sessionId": .string(session.text), "generation": 1])
        }
    }

    private func verdicts(of worker: PeerID, _ world: RunHub) -> [String] {
        world.pushed(to: worker).compactMap { message in
            guard case .permissionEnded(_, let request, let verdict) = message else { return nil }
            return "\(request) \(verdict.allowed) \(verdict.alwaysAllow) \(verdict.reason)"
        }
    }
}
