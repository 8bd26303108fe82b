import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Ends of runs` {
    @Test func `an abort goes through the worker, which ends the run in its own words`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.say("later", in: session)
        try world.ask(worker, lease, "q1")
        try world.watch(.session(session))
        #expect(try world.abort(session) == true)
        #expect(try world.abort(session) == true)
        let pushed = world.pushed(to: worker)
        #expect(pushed.first == .abort(lease, reason: "aborted") && pushed.count == 2)
        #expect(try world.types() == ["permission_resolved"])
        #expect(try refusal { try world.ask(worker, lease, "q2") } == .conflict)
        try world.report(
            worker, lease,
            [(.interrupted, ["reason": "aborted"]), (.complete, ["reason": "interrupted"])])
        let events = try world.events()
        try #require(
            events.compactMap { $0["type"] } == ["interrupted", "complete", "user_message"])
        #expect(events[0]["queuedMessages"]?.arrayValue?.count == 1)
        // What was said meanwhile goes on.
        #expect(world.assignments(of: worker).map { $0.messages[0].text } == ["later"])
    }

    @Test func `a run that was stopped was stopped, also if its last word was under way`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        #expect(try world.abort(session) == true)
        try world.complete(worker, lease)
        let events = try world.events()
        try #require(events.map { $0["type"] } == ["interrupted", "complete"])
        #expect(events.map { $0["reason"] } == ["aborted", "interrupted"])
        #expect(try world.session(session)["status"] == "interrupted")
        #expect(try world.abort(session) == false)
    }

    @Test func `a worker that does not stop in time is fenced off`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        #expect(try world.abort(session) == true)
        for _ in 0..<2 {
            try world.hub.wait(.seconds(5))
            try world.ready(worker, 10, [lease])
        }
        let events = try world.events()
        try #require(events.map { $0["type"] } == ["interrupted", "complete"])
        #expect(events[0]["reason"] == "aborted")
        #expect(try refusal { try world.complete(worker, lease) } == .leaseLost)
        try world.say("next", in: session)
        #expect(world.assignments(of: worker).map(\.lease.generation) == [3])
    }

    @Test func `a worker that died ends its runs truthfully, and the next message works`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.report(
            worker, lease,
            [
                (.toolStart, ["toolUseId": "u", "toolName": "Bash", "toolInput": [:]]),
                (.textDelta, ["delta": "half"]),
            ])
        try world.ask(worker, lease, "q1")
        try world.say("second", in: session)
        try world.watch(.session(session))
        _ = try world.events()
        try world.hub.disconnect(worker)
        #expect(try world.types() == [])
        try world.hub.wait(.seconds(5))
        let events = try world.events()
        try #require(
            events.compactMap { $0["type"]?.stringValue } == [
                "permission_resolved", "tool_result", "interrupted", "complete",
            ])
        #expect(events[0]["allowed"] == false && events[0]["resolvedBy"] == "agent_gone")
        #expect(events[1]["isError"] == true)
        #expect(events[2]["reason"] == "agent_lost" && events[3]["reason"] == "interrupted")
        #expect(try world.session(session)["status"] == "interrupted")
        #expect(
            try refusal { _ = try world.answer("q1", in: session, allowed: true) }
                == .permissionAlreadyResolved)
        let next = try world.worker()
        let run = try #require(world.assignments(of: next).first)
        #expect(run.messages[0].text == "second" && run.isResumed && run.lease.generation == 3)
        #expect(try refusal { try world.report(next, lease, number: 9) } == .leaseLost)
    }

    @Test func `operators hear of a run that nobody could end but the hub`() throws {
        let world = try RunHub()
        try world.call(.putAgent, ["id": "helper"])
        let session = try world.makeSession(["agent": "helper"])
        let (worker, _) = try world.running(in: session)
        try world.watch(.agent("helper", of: world.team))
        try world.hub.disconnect(worker)
        try world.hub.wait(.seconds(5))
        let events = try world.events()
        try #require(events.map { $0["type"] } == ["agent_status_changed", "blocker_raised"])
        #expect(events.allSatisfy { $0["payload"]?["sessionId"] == .string(session.text) })
        #expect(events[1]["payload"]?["code"] == "AGENT_LOST")
    }

    @Test func `a link that comes back in time costs nothing, and brings what was missed`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.hub.disconnect(worker)
        try world.call(.updateSession, ["id": .string(session.text), "mode": "safe"])
        try world.hub.wait(.seconds(4))
        let again = try world.worker(holding: [lease])
        #expect(
            world.pushed(to: again) == [
                .modeChanged(session, .safe, version: 2), .rulesChanged(session, []),
            ])
        try world.hub.wait(.seconds(10))
        try world.complete(again, lease)
        #expect(try world.session(session)["status"] == "idle")
    }

    @Test func `a lease that nobody renews lapses although the link is up`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        for _ in 0..<4 {
            try world.hub.wait(.seconds(5))
            try world.ready(worker, 10, [])
        }
        #expect(try world.session(session)["status"] == "interrupted")
        #expect(world.pushed(to: worker) == [.abort(lease, reason: "lease_lost")])
        try world.ready(worker, 10, [lease])
        #expect(world.pushed(to: worker) == [.abort(lease, reason: "lease_lost")])
    }

    @Test func `a hub that died knows its runs and waits for their workers`() throws {
        let world = try RunHub()
        let sessions = try (0..<2).map { _ in try world.makeSession() }
        let worker = try world.worker()
        for session in sessions { try world.say("go", in: session) }
        let leases = world.assignments(of: worker).map(\.lease)
        try world.report(worker, leases[0], [(.textComplete, ["text": "a"])])
        #expect(try world.abort(sessions[1]) == true)
        try world.restart()
        #expect(try world.say("later", in: sessions[0]).status == "queued")
        try world.hub.wait(.zero)
        try world.hub.wait(.seconds(9))
        let again = try world.worker(holding: [leases[0]])
        try world.report(again, leases[0], [(.textComplete, ["text": "a"])], number: 1)
        #expect(try world.messages(sessions[0]).count == 3)
        try world.hub.wait(.seconds(11))
        #expect(try world.session(sessions[1])["status"] == "interrupted")
        try world.complete(again, leases[0])
        #expect(
            world.assignments(of: again).map { $0.messages[0].text } == ["later"])
    }

    @Test func `a dead worker's run ends although the hub begins again and again`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (_, lease) = try world.running(in: session)
        for _ in 1...3 {
            // Nobody could come back meanwhile, so that it does not count.
            try world.restart(away: .seconds(60))
            try world.hub.wait(.seconds(6))
            #expect(try world.session(session)["status"] == "running")
        }
        try world.restart(away: .seconds(60))
        // Once a worker has come back, a whole lifetime is left.
        let worker = try world.worker(holding: [lease])
        try world.restart()
        try world.hub.wait(.seconds(15))
        #expect(try world.session(session)["status"] == "running")
        try world.restart()
        try world.hub.wait(.seconds(6))
        #expect(try world.session(session)["status"] == "interrupted")
        _ = worker
    }

    @Test func `an abort that the hub did not live to deliver is delivered again`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (_, lease) = try world.running(in: session)
        #expect(try world.abort(session) == true)
        try world.restart()
        let worker = try world.worker(holding: [lease])
        #expect(world.pushed(to: worker).last == .abort(lease, reason: "aborted"))
    }

    @Test func `a worker hears which sessions are deleted, now and of those that it keeps`() throws
    {
        let world = try RunHub()
        let (session, other) = (try world.makeSession(), try world.makeSession())
        let workers = [try world.worker(), try world.worker()]
        try world.call(.deleteSession, ["id": .string(session.text)])
        for worker in workers { #expect(world.pushed(to: worker) == [.sessionDeleted(session)]) }
        try world.hub.tell(workers[0], .kept([other, session, "never"]))
        #expect(
            world.pushed(to: workers[0]) == [.sessionDeleted(session), .sessionDeleted("never")])
    }

    @Test func `an abort while the worker's link is down ends the run at once`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.hub.disconnect(worker)
        try world.watch(.session(session))
        #expect(try world.abort(session) == true)
        #expect(try world.types() == ["interrupted", "complete"])
        let again = try world.worker(holding: [lease])
        #expect(world.pushed(to: again) == [.abort(lease, reason: "lease_lost")])
    }

    @Test func `nothing is aborted where nothing runs`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        _ = try world.worker(0)
        try world.say("waits", in: session)
        #expect(try world.abort(session) == false)
        #expect(try world.messages(session).map { $0["status"] } == ["queued"])
    }

    @Test func `a deleted session ends its run, and its worker's reports`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.ask(worker, lease, "q1")
        try world.call(.deleteSession, ["id": .string(session.text)])
        #expect(world.pushed(to: worker).first == .abort(lease, reason: "session_deleted"))
        #expect(
            try refusal { try world.report(worker, lease, [(.textDelta, ["delta": "x"])]) }
                == .leaseLost)
        // Its place is free.
        try world.hub.wait(.seconds(30))
        let other = try world.makeSession()
        try world.say("go", in: other)
        #expect(world.assignments(of: worker).count == 1)
    }

    @Test func `a session at rest leaves the memory and comes back as it was`() throws {
        let world = try RunHub()
        let session = try world.makeSession(["name": "n"])
        let before = try world.session(session)
        let running = try world.running(in: try world.makeSession())
        for _ in 0..<3 {
            try world.hub.wait(.seconds(15))
            try world.ready(running.0, 1, [running.1])
            try world.hub.wait(.seconds(15))
            try world.ready(running.0, 1, [running.1])
        }
        let metrics = try world.hub.call(world.rest, .metrics).text("text")
        let lines = metrics.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.first { $0.contains("hub_sessions{") }?.hasSuffix(" 1") == true)
        #expect(try world.session(session) == before)
    }
}
