import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

@Suite struct PublishTests {
    @Test func `an event id that the channel knows is answered as a duplicate`() throws {
        let fixture = try Fixture()
        _ = try fixture.join()
        let first = try fixture.publish("a", eventID: "mine").firstResult
        let again = try fixture.publish("a", eventID: "mine").firstResult
        #expect(first?["duplicate"] == false && again?["duplicate"] == true)
        #expect(again?["offset"] == 1 && again?["eventId"] == "mine")
        #expect(fixture.deliveries() == [1])
        try fixture.hub.restart()
        _ = try fixture.hub.apply([
            .arrived(fixture.fcgi, Hello(role: .fastCGIWorker, name: "fcgi", processID: 1))
        ])
        #expect(try fixture.publish("a", eventID: "mine").firstResult?["duplicate"] == true)
    }

    @Test func `the same id twice in one request is published once`() throws {
        let fixture = try Fixture()
        let answer = try fixture.publish([
            (fixture.channel, "a", "x"), (fixture.channel, "a", "x"), (fixture.channel, "b", "y"),
        ])
        let results = answer.value?["results"]?.arrayValue ?? []
        #expect(results.map { $0["offset"] } == [1, 1, 2])
        #expect(results.map { $0["duplicate"] } == [false, true, false])
    }

    @Test func `one event that may not be published refuses all, and says which`() throws {
        let fixture = try Fixture()
        _ = try fixture.join()
        let answer = try fixture.publish([
            (fixture.channel, "a", nil), (fixture.spec("unknown"), "b", nil),
        ])
        #expect(answer.refusal?.code == .channelForbidden)
        #expect(answer.refusal?.details?["index"] == 1)
        #expect(fixture.deliveries() == [])
        #expect(try fixture.publish().firstResult?["offset"] == 1)
    }

    @Test func `publishing needs its scope`() throws {
        let fixture = try Fixture()
        let key = try Fixture.key(
            fixture.hub, fixture.cli, fixture.team, scopes: [.sessionsRead])
        #expect(try fixture.publish(as: key).refusal?.code == .scopeRequired)
    }

    @Test func `an event over the limit is refused`() throws {
        let fixture = try Fixture()
        let text = String(repeating: "x", count: Limits.maximumPublicationBytes + 1)
        #expect(try fixture.publish(text).refusal?.code == .payloadTooLarge)
    }

    @Test func `a command that fails leaves no trace on disk, in memory or outside`() throws {
        let fixture = try Fixture()
        let hub = fixture.hub
        _ = try fixture.join()
        _ = try fixture.publish()
        _ = hub.take(fixture.ws)
        let failing = HubTask("failing") { [core = hub.core] iteration in
            let channel = try core.channels.open(fixture.channel, iteration)
            try core.channels.publish(
                Array("{\"a\":1".utf8), eventID: "e", on: channel, iteration)
            _ = try core.channels.open(.team("another"), iteration)
            try core.channels.withdraw(fixture.channel, iteration)
            throw OperationError(.conflict, "on purpose")
        }
        try hub.apply([.task(failing)])
        #expect(hub.take(fixture.ws) == [])
        #expect(try fixture.publish().firstResult?["offset"] == 2)
        #expect(fixture.deliveries() == [2], "who had joined is still there")
    }

    @Test func `a failed command takes nothing of an earlier one's numbering with it`() throws {
        let fixture = try Fixture()
        func task(_ body: @escaping (Iteration) throws -> Void) -> HubCommand {
            .task(HubTask("step", body))
        }
        func publish(_ name: ChannelIdentity, _ iteration: Iteration) throws {
            let channel = try fixture.hub.core.channels.open(name, iteration)
            try fixture.hub.core.channels.publish(
                Array("{\"a\":1".utf8), eventID: "e", on: channel, iteration)
        }
        let new = fixture.spec("new")
        try fixture.hub.apply([
            task { try publish(fixture.channel, $0) },
            task { iteration in
                try publish(fixture.channel, iteration)
                try publish(new, iteration)
                try fixture.hub.core.channels.withdraw(fixture.channel, iteration)
                throw OperationError(.conflict, "on purpose")
            },
            // Takes the number in the database that the failed one had given to its channel.
            task { _ = try fixture.hub.core.channels.open(fixture.spec("other"), $0) },
        ])
        try fixture.hub.restart()
        var heads: [Offset] = []
        try fixture.hub.apply([
            task { iteration in
                for name in [fixture.channel, new, fixture.spec("other")] {
                    heads.append(try fixture.hub.core.channels.open(name, iteration).stream.head)
                }
            }
        ])
        #expect(heads == [1, 0, 0])
    }

    @Test func `history is read page by page`() throws {
        let fixture = try Fixture()
        for number in 1...5 { _ = try fixture.publish("\(number)") }
        var payloads: [JSONValue?] = []
        var parameters: JSONObject = [
            "channel": .string(fixture.channel.description), "since": "1", "limit": 2,
        ]
        while true {
            let answer = try fixture.hub.call(
                fixture.fcgi, .readHistory, parameters, as: fixture.key)
            payloads += (answer["items"]?.arrayValue ?? []).map { $0["payload"] }
            guard let cursor = answer["nextCursor"], !cursor.isNull else { break }
            parameters["cursor"] = cursor
        }
        #expect(payloads == ["2", "3", "4", "5"])
    }

    @Test func `a history position of another epoch is a conflict`() throws {
        let fixture = try Fixture()
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.fcgi, .readHistory,
                ["channel": .string(fixture.channel.description), "since": "other:1"],
                as: fixture.key)
        }
        #expect(error?.code == .conflict)
    }
}
