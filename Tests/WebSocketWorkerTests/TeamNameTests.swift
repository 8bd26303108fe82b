import Protocol
import Realtime
import Testing
import WebSocketWorker

/// Two teams on one worker, with specs of the same name.
@Suite(.serialized) struct TeamNameTests {
    private let world: World
    private let hub: TestHub
    private let own: TestClient
    private let other: TestClient

    init() throws {
        world = try World()
        hub = try #require(world.hub)
        hub.send(.credentials(CredentialUpdate(changed: [credential("k2", team: "t2")])))
        own = try world.connected()
        other = try world.client("x-api-key: swk_k2.secret\r\n")
        other.run { [other] in !other.messages.isEmpty }
        _ = other.take()
        hub.admitAll()
        for client in [own, other] {
            let answer = try client.subscribe("spec:x")
            try #require(answer["channel"] == "spec:x" && answer["type"] == "subscribed")
        }
    }

    @Test func `a delivery reaches the team whose channel it is`() {
        hub.deliver("spec:x", 1)
        hub.deliver("spec:x", 1, of: "t2")
        hub.deliver("spec:x", 2, of: "t2")
        settle()
        #expect(own.offsets == [1])
        #expect(other.offsets == [1, 2])
    }

    @Test func `one team's channel ends without the other's`() {
        hub.send(.withdrawn(identity("spec:x", of: "t2")))
        hub.deliver("spec:x", 1)
        settle()
        #expect(own.offsets == [1])
        #expect(other.messages.map { $0["payload"]?["code"] } == ["CHANNEL_FORBIDDEN"])
        own.command(#"{"type":"unsubscribe","channel":"spec:x"}"#)
        settle()
        #expect(hub.received.contains(.release(identity("spec:x"))))
    }

    @Test func `each resumes its own for its own team`() throws {
        hub.deliver("spec:x", 1)
        settle()
        world.killHub()
        try world.startHub()
        let next = try #require(world.hub)
        next.admitAll(head: position(1), isRecovered: true)
        world.run { next.received.count == 2 }
        let resumed = next.received.map { message -> [String] in
            guard case .resume(_, let team, let channel, let since) = message else { return [] }
            return [team.text, channel.description, "\(since.offset)"]
        }
        #expect(Set(resumed) == [["t1", "spec:t1/x", "1"], ["t2", "spec:t2/x", "0"]])
    }

    private func settle() {
        world.settle(own)
        world.settle(other)
    }
}
