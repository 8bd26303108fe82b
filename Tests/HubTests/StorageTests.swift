import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

/// A database that takes no writes for a while: everything else goes on, and nothing is half done.
@Suite struct `Storage` {
    @Test func `a full disk refuses what writes, reads go on, and room ends it`() throws {
        let fixture = try Fixture()
        #expect(try fixture.publish("before").refusal == nil)
        _ = try fixture.join()
        try fixture.hub.fillDisk()
        let stored = Int64(try fixture.publishUntilRefused())
        #expect(fixture.deliveries() == (2..<2 + stored).map { Offset($0) })
        // What writes is refused, also small; what reads is not.
        #expect(try fixture.publish("small").refusal?.code == .storageFull)
        #expect(
            throws: OperationError.self,
            performing: { try fixture.hub.call(fixture.cli, .createTeam, ["name": "Two"]) })
        #expect(try fixture.hub.call(fixture.cli, .readiness)["store"] == false)
        #expect(try fixture.history().count == 1 + Int(stored))
        #expect(try fixture.join().joined.head.offset == 1 + stored)
        // Room alone is enough, a second later.
        try fixture.hub.emptyDisk()
        try fixture.hub.wait(.seconds(1))
        #expect(try fixture.publish("after").refusal == nil)
        #expect(fixture.deliveries() == [Offset(2 + stored)])
        #expect(try fixture.hub.call(fixture.cli, .readiness)["store"] == true)
        #expect(try fixture.history().last?["payload"] == "after")
    }

    @Test func `everything of an iteration that is not stored is refused, whoever came stays`()
        throws
    {
        let fixture = try Fixture()
        #expect(try fixture.publish("before").refusal == nil)
        try fixture.hub.fillDisk()
        let late = PeerID(1_000)
        let open = EventText.open(
            type: "x_test", channel: fixture.channel.name, at: fixture.hub.now, eventID: "made",
            body: ["payload": .string(Self.long)])
        let event = ProducedEvent(
            channel: fixture.channel, eventID: "made", isIdempotent: false, time: fixture.hub.now,
            content: .ready(textBytes: open.count))
        let messages = (500..<520).map { number in
            HubCommand.message(
                fixture.fcgi, .publish(number, fixture.key, [event], texts: open))
        }
        try fixture.hub.apply(
            messages + [
                .arrived(late, Hello(role: .webSocketWorker, name: "late", processID: 2)),
                .left(fixture.ws, .closedByPeer),
            ])
        let answers = fixture.hub.take(fixture.fcgi)
        #expect(answers.count == 20)
        #expect(answers.allSatisfy { $0.refusal?.code == .storageFull })
        #expect(try fixture.history().count == 1)
        let greeting = fixture.hub.take(late)
        #expect(greeting.contains { if case .welcome = $0 { true } else { false } })
        #expect(greeting.contains { if case .credentials = $0 { true } else { false } })
        try fixture.hub.emptyDisk()
        try fixture.hub.wait(.seconds(1))
        #expect(try fixture.publish("after").firstResult?["offset"] == 2)
    }

    @Test func `a report without room is taken again, and none behind it before`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        let (worker, lease) = try world.running("hi", in: session)
        try world.report(worker, lease, [(.textComplete, ["text": "One."])], number: 1)
        try world.hub.fillDisk()
        let long = JSONValue.string(Self.long)
        var number: Int64 = 1
        while true {
            number += 1
            let code = try refusal {
                try world.report(worker, lease, [(.textComplete, ["text": long])], number: number)
            }
            guard let code else { continue }
            #expect(code == .storageFull)
            break
        }
        try world.hub.emptyDisk()
        try world.hub.wait(.seconds(1))
        // It was on its way when there was no room.
        #expect(
            try refusal {
                try world.report(
                    worker, lease, [(.textComplete, ["text": "Later."])], number: number + 1)
            } == .serviceUnavailable)
        try world.report(worker, lease, [(.textComplete, ["text": "Lost?"])], number: number)
        try world.report(worker, lease, [(.textComplete, ["text": "Later."])], number: number + 1)
        let texts = try world.messages(session).compactMap { $0["text"]?.stringValue }
        #expect(texts.suffix(2) == ["Lost?", "Later."])
    }

    @Test func `a session that waits is run once there is room`() throws {
        let world = try RunHub()
        let session = try world.makeSession()
        try world.say("hi", in: session)
        try world.hub.fillDisk()
        while try refusal({ _ = try world.makeSession() }) == nil {}
        let worker = try world.worker()
        #expect(world.assignments(of: worker).isEmpty)
        try world.hub.emptyDisk()
        try world.hub.wait(.seconds(1))
        #expect(world.assignments(of: worker).map(\.lease.session) == [session])
    }

    private static let long = String(repeating: "x", count: 200_000)
}

extension TestHub {
    /// The database may not grow.
    fileprivate func fillDisk() throws { try core.store.execute("PRAGMA max_page_count = 1") }

    fileprivate func emptyDisk() throws {
        try core.store.execute("PRAGMA max_page_count = 1000000")
    }
}

extension Fixture {
    /// How many large events were stored until one found no room.
    fileprivate func publishUntilRefused() throws -> Int {
        var stored = 0
        while true {
            let refusal = try publish(String(repeating: "x", count: 200_000)).refusal
            guard let refusal else {
                stored += 1
                continue
            }
            #expect(refusal.code == .storageFull)
            return stored
        }
    }

    fileprivate func history() throws -> [JSONValue] {
        try hub.call(
            fcgi, .readHistory, ["channel": .string(channel.description), "limit": 200], as: key
        )["items"]?.arrayValue ?? []
    }
}
