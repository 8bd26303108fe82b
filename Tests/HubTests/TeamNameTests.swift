import Hub
import JSON
import Protocol
import Realtime
import Testing

/// Two teams that name a spec alike: nothing of one is in the other.
@Suite struct TeamNameTests {
    private let fixture: Fixture
    private let other: TeamID
    private let otherKey: CredentialID
    private var own: ChannelIdentity { fixture.spec("x") }
    private var foreign: ChannelIdentity { .spec("x", of: other) }

    init() throws {
        fixture = try Fixture()
        other = try Fixture.team(fixture.hub, fixture.cli, "Two")
        otherKey = try Fixture.key(fixture.hub, fixture.cli, other)
        _ = fixture.hub.take(fixture.ws)
    }

    private func put(as key: CredentialID) throws {
        try fixture.hub.call(fixture.fcgi, .putSpec, ["id": "x"], as: key)
    }

    @Test func `a name that another team has is as free as any`() throws {
        try put(as: otherKey)
        _ = try fixture.publish("theirs", on: foreign, eventID: "e", as: otherKey)
        #expect(try fixture.subscribe(own).refusal?.code == .channelForbidden)
        let missing = #expect(throws: OperationError.self) {
            try fixture.hub.call(fixture.fcgi, .getSpec, ["id": "x"], as: fixture.key)
        }
        #expect(missing?.code == .notFound)
        try put(as: fixture.key)
        let head = try fixture.join(own).joined.head
        #expect(head.offset == 0)
        let result = try fixture.publish("ours", on: own, eventID: "e").firstResult
        #expect(result?["offset"] == 1 && result?["duplicate"] == false)
        #expect(result?["channel"] == "spec:x")
        _ = try fixture.publish("theirs", on: foreign, as: otherKey)
        guard case .delivery(own, 1, let text)? = fixture.hub.take(fixture.ws).last else {
            Issue.record("not ours alone was delivered")
            return
        }
        #expect(try JSONValue(parsing: text)["payload"] == "ours")
    }

    @Test func `a position of the other team's channel is one of an unknown epoch`() throws {
        try put(as: fixture.key)
        try put(as: otherKey)
        _ = try fixture.publish(on: foreign, as: otherKey)
        let answer = try fixture.subscribe(foreign, as: otherKey)
        guard case .subscribed(_, let theirs, _) = answer else { throw TestHubError.noAnswer }
        _ = try fixture.publish(on: own)
        let since = StreamPosition(epoch: theirs.head.epoch, offset: 0)
        let (joined, page) = try fixture.join(own, since: since)
        #expect(!joined.isRecovered && page == .empty)
    }

    @Test func `a worker's word is not enough for another team's channel`() throws {
        try put(as: fixture.key)
        try put(as: otherKey)
        let since = StreamPosition(epoch: "e", offset: 0)
        let (key, hub) = (fixture.key, fixture.hub)
        let answers = [
            try fixture.subscribe(foreign),
            try fixture.publish(on: foreign),
            try hub.ask(fixture.ws) { .read($0, key, foreign, since: since) },
            try hub.ask(fixture.ws) { .resume($0, fixture.team, foreign, since: since) },
        ]
        for answer in answers {
            #expect(answer.refusal?.code == .channelForbidden)
            #expect(answer.refusal?.message.contains("spec:x") == true)
            #expect(answer.refusal?.message.contains(other.text) == false)
        }
    }

    @Test func `the end of one team's spec ends nothing of the other's`() throws {
        try put(as: fixture.key)
        try put(as: otherKey)
        _ = try fixture.join(own)
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(fixture.fcgi, .deleteSpec, ["id": "x"], as: otherKey)
        #expect(fixture.hub.take(fixture.ws) == [])
        #expect(try fixture.publish(on: own).firstResult?["offset"] == 1)
        #expect(try fixture.publish(on: foreign, as: otherKey).refusal?.code == .channelForbidden)
    }

    @Test func `history is the caller's own team's, and the command line says whose`() throws {
        try put(as: fixture.key)
        try put(as: otherKey)
        _ = try fixture.publish("ours", on: own)
        _ = try fixture.publish("theirs", on: foreign, as: otherKey)
        for (key, payload) in [(fixture.key, "ours"), (otherKey, "theirs")] {
            let answer = try fixture.hub.call(
                fixture.fcgi, .readHistory, ["channel": "spec:x"], as: key)
            #expect(answer["items"]?.arrayValue?.map { $0["payload"] } == [.string(payload)])
        }
        let answer = try fixture.hub.call(
            fixture.cli, .readHistory, ["channel": "spec:x", "teamId": .string(other.text)])
        #expect(answer["items"]?.arrayValue?.map { $0["payload"] } == ["theirs"])
    }
}
