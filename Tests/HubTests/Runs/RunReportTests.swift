import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Run reports` {
    @Test func `events and conversation are stored together and shown apart`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("hi", in: session)
        try world.watch(.session(session))
        try world.report(
            worker, lease, [(.textComplete, ["text": "Hello."])], [.says("Hello.")])
        #expect(try world.types() == ["text_complete"])
        #expect(
            try world.messages(session).compactMap { $0["text"]?.stringValue } == ["hi", "Hello."])
        let entries = try world.transcript(worker, lease)
        try #require(entries.map(\.role) == [.user, .assistant])
        #expect(entries[0].text == #"[{"type":"text","text":"hi"}]"#)
    }

    @Test func `only the worker that has a run reports, asks and reads in it`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("secret", in: session)
        try world.watch(.session(session))
        let other = try world.worker(1, holding: [lease])
        #expect(try refusal { try world.report(other, lease, number: 1) } == .leaseLost)
        #expect(
            try refusal {
                try world.report(other, lease, [(.complete, ["reason": "complete"])], number: 1)
            } == .leaseLost)
        #expect(try refusal { try world.ask(other, lease, "q") } == .leaseLost)
        #expect(try refusal { _ = try world.transcript(other, lease) } == .leaseLost)
        #expect(try world.types() == [])
        try world.ask(worker, lease, "q")
        #expect(try world.transcript(worker, lease).count == 1)
        try world.report(worker, lease, [(.complete, ["reason": "complete"])], number: 1)
    }

    @Test func `a refused report leaves nothing, not even a part of it`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        let code = try refusal {
            try world.report(
                worker, lease,
                [(.textComplete, ["text": "kept?"]), (.toolResult, ["toolUseId": 7])],
                [.says("kept?")])
        }
        #expect(code == .validationError)
        #expect(try world.types() == [])
        #expect(try world.transcript(worker, lease).count == 1)
    }

    @Test func `a report sent twice counts once, also the last one of a run`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        for _ in 0..<2 {
            try world.report(
                worker, lease, [(.textComplete, ["text": "once"])], [.says("once")], number: 1)
        }
        #expect(try world.transcript(worker, lease).count == 2)
        for _ in 0..<2 {
            try world.report(worker, lease, [(.complete, ["reason": "complete"])], number: 2)
        }
        #expect(try world.types() == ["text_complete", "complete"])
        #expect(try refusal { try world.report(worker, lease, number: 3) } == .leaseLost)
    }

    private func stream(
        _ deltas: [String], _ world: RunHub, _ worker: PeerID, _ lease: SessionLease
    ) throws {
        for delta in deltas {
            try world.report(worker, lease, [(.textDelta, ["delta": .string(delta)])])
        }
    }

    @Test func `deltas are batched, and answered once they are published`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        try stream(["a", "b", "c"], world, worker, lease)
        #expect(try world.events().isEmpty)
        #expect(world.answers(to: worker) == 0)
        try world.hub.wait(.milliseconds(50))
        #expect(try world.events().map { $0["delta"] } == ["abc"])
        #expect(world.answers(to: worker) == 3)
    }

    @Test func `text that was held when the hub died is said again and stands once`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try stream(["a", "b"], world, worker, lease)
        try world.hub.wait(.milliseconds(50))
        try stream(["c", "d"], world, worker, lease)
        try world.restart()
        let again = try world.worker(holding: [lease])
        try world.watch(.session(session))
        for (number, delta) in [(2, "b"), (3, "c"), (4, "d")] {
            try world.report(
                again, lease, [(.textDelta, ["delta": .string(delta)])], number: Int64(number))
        }
        #expect(
            world.answers(to: again) == 0, "the second was answered at once, the others are held")
        try world.report(again, lease, [(.textComplete, ["text": "abcd"])])
        #expect(try world.events().map { $0["delta"] ?? $0["text"] } == ["cd", "abcd"])
        #expect(world.answers(to: again) == 2)
    }

    @Test func `a report that holds more than text is on disk when it is answered`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.watch(.session(session))
        try world.report(
            worker, lease, [(.textDelta, ["delta": "a"])], [.says("a")])
        #expect(try world.types() == ["text_delta"])
        try world.restart()
        let again = try world.worker(holding: [lease])
        try world.report(again, lease, [(.textDelta, ["delta": "a"])], [.says("a")], number: 1)
        #expect(try world.transcript(again, lease).count { $0 == .says("a") } == 1)
    }

    @Test func `nobody reports under another lease`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        for generation: Int64 in [0, 2] {
            let wrong = SessionLease(session: session, generation: generation)
            #expect(
                try refusal {
                    try world.report(worker, wrong, [(.textComplete, ["text": "x"])])
                } == .leaseLost)
        }
        let newer = SessionLease(session: session, generation: 2)
        #expect(try refusal { _ = try world.transcript(worker, newer) } == .leaseLost)
        let other = try world.makeSession()
        #expect(
            try refusal {
                try world.report(worker, SessionLease(session: other, generation: 1))
            } == .leaseLost)
        #expect(try world.messages(session).count == 1)
        try world.report(worker, lease)
    }

    @Test func `a summary stands for what was before it, and people still read all`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("long ago", in: session)
        try world.report(
            worker, lease, [(.textComplete, ["text": "answer"])], [.says("answer")])
        try world.report(
            worker, lease, [],
            [
                TranscriptEntry(role: .user, isSummary: true, content: Array("[1]".utf8)),
                .says("after"),
            ])
        let entries = try world.transcript(worker, lease)
        #expect(entries.map(\.isSummary) == [true, false] && entries.first?.text == "[1]")
        #expect(try world.messages(session).count == 2)
    }

    @Test func `a long conversation comes in pages and in order`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        let big = String(repeating: "x", count: 1_500_000)
        for number in 0..<5 {
            try world.report(worker, lease, [], [.says("\(number)" + big)])
        }
        let texts = try world.transcript(worker, lease).dropFirst().map { $0.text.dropFirst(24) }
        #expect(texts.map { $0.prefix(2) } == ["0x", "1x", "2x", "3x", "4x"])
    }

    @Test func `usage is a turn's in its events and the session's in the session`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        try world.report(worker, lease, [(.usage, ["inputTokens": 10, "outputTokens": 1])])
        try world.report(worker, lease, [(.usage, ["inputTokens": 20, "outputTokens": 2])])
        try world.complete(worker, lease)
        try world.say("again", in: session)
        let next = try #require(world.assignments(of: worker).first).lease
        try world.report(
            worker, next,
            [
                (
                    .complete,
                    ["reason": "complete", "usage": ["inputTokens": 5, "outputTokens": 7]]
                )
            ])
        let usage = try world.session(session)["usage"]
        #expect(usage?["inputTokens"] == 25 && usage?["outputTokens"] == 9)
        #expect(try world.messages(session).map { $0["usage"]?["inputTokens"] } == [20, 5])
    }

    @Test func `operators hear of a run on its team's channels only`() throws {
        let world = try RunHub()
        try world.call(.putAgent, ["id": "helper"])
        let session = try world.makeSession(["agent": "helper"])
        let worker = try world.worker()
        try world.say("go", in: session)
        let run = try #require(world.assignments(of: worker).first)
        #expect(run.agent == "helper")
        try world.watch(.team(world.team))
        try world.watch(.agent("helper", of: world.team))
        for channel in [.agent("helper", of: world.team), ChannelIdentity.team(world.team)] {
            try world.reportToOperators(worker, run.lease, on: channel)
        }
        #expect(try world.types() == ["log_entry", "log_entry"])
        let cli = try world.hub.connect(.cli)
        let other = try Fixture.team(world.hub, cli, "Other")
        try world.hub.call(
            cli, .putAgent, ["id": "theirs", "teamId": .string(other.text)])
        for channel in [
            .team(other), .agent("theirs", of: other), .agent("theirs", of: world.team),
            .agent("nobody", of: world.team), ChannelIdentity.session(session),
        ] {
            let code = try refusal {
                try world.reportToOperators(worker, run.lease, on: channel)
            }
            #expect(code == .channelForbidden, "\(channel)")
        }
        try world.report(worker, run.lease)
    }

    @Test func `a run has one end, and nothing behind it`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running(in: session)
        let complete: (SessionEventType, JSONObject) = (.complete, ["reason": "complete"])
        for events in [[complete, complete], [complete, (.textComplete, ["text": "x"])]] {
            #expect(try refusal { try world.report(worker, lease, events) } == .validationError)
        }
        try world.report(
            worker, lease, [(.error, ["error": "e", "code": "X", "canRetry": true]), complete])
        #expect(try world.session(session)["status"] == "idle")
    }
}
