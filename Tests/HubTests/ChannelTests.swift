import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

@Suite struct ChannelTests {
    @Test func `a publication reaches who joined, with its offset in its text`() throws {
        let fixture = try Fixture()
        let head = try fixture.join().joined.head
        #expect(head.offset == 0)
        let result = try fixture.publish("hello").firstResult
        #expect(result?["offset"] == 1 && result?["epoch"]?.stringValue == head.epoch.text)
        guard case .delivery(let channel, 1, let text) = fixture.hub.take(fixture.ws).last else {
            Issue.record("no delivery")
            return
        }
        let message = try JSONValue(parsing: text)
        #expect(channel == fixture.channel)
        #expect(message["offset"] == 1 && message["payload"] == "hello")
        #expect(message["channel"]?.stringValue == channel.name.description)
    }

    @Test func `joining and publishing in one iteration keep their order`() throws {
        let fixture = try Fixture()
        let open = EventText.open(
            type: "x_a", channel: fixture.channel.name, at: fixture.hub.now, eventID: "e", body: [:]
        )
        let event = ProducedEvent(
            channel: fixture.channel, eventID: "e", isIdempotent: false, time: fixture.hub.now,
            content: .ready(textBytes: open.count))
        let publish = HubCommand.message(
            fixture.fcgi, .publish(1, fixture.key, [event], texts: open))
        let subscribe = HubCommand.message(
            fixture.ws, .subscribe(1, fixture.key, fixture.channel, since: nil))
        try fixture.hub.apply([publish, subscribe, publish])
        let seen = fixture.hub.take(fixture.ws)
        guard case .subscribed(1, let joined, _) = seen.first else {
            Issue.record("not subscribed first")
            return
        }
        #expect(joined.head.offset == 1)
        guard case .delivery(_, 2, _) = seen.last else {
            Issue.record("the second publication was not delivered")
            return
        }
        #expect(seen.count == 2)
    }

    @Test func `who released a channel gets nothing more`() throws {
        let fixture = try Fixture()
        _ = try fixture.join()
        try fixture.hub.tell(fixture.ws, .release(fixture.channel))
        _ = try fixture.publish()
        #expect(fixture.deliveries() == [])
    }

    @Test(arguments: Scope.allCases)
    func `only the scope of its kind reads a channel`(_ scope: Scope) throws {
        let fixture = try Fixture()
        let key = try Fixture.key(fixture.hub, fixture.cli, fixture.team, scopes: [scope])
        let session = try fixture.hub.call(
            fixture.cli, .createSession, ["teamId": .string(fixture.team.text)]
        ).text("id")
        let unknown = try #require(ChannelIdentity(parsing: "session:unknown"))
        for (name, reading) in [
            (fixture.channel, Scope.channelsRead),
            (try #require(ChannelIdentity(parsing: "session:\(session)")), .sessionsRead),
            (unknown, .sessionsRead),
        ] {
            let expected: ErrorCode? =
                scope != reading ? .scopeRequired : name == unknown ? .channelForbidden : nil
            let since = StreamPosition(epoch: "e", offset: 0)
            #expect(try fixture.subscribe(name, as: key).refusal?.code == expected)
            let read = try fixture.hub.ask(fixture.ws) { .read($0, key, name, since: since) }
            // A position of another epoch is refused later than a scope.
            #expect(read.refusal?.code == expected ?? .channelUnavailable)
            let history = try fixture.hub.ask(fixture.fcgi) {
                .call($0, key, .readHistory, ["channel": .string(name.name.description)])
            }
            #expect(
                history.refusal?.code == (expected == .channelForbidden ? .notFound : expected))
        }
    }

    @Test func `a key reads the session that it runs, and no other`() throws {
        let fixture = try Fixture()
        func session() throws -> ChannelIdentity {
            let made = try fixture.hub.call(
                fixture.cli, .createSession, ["teamId": .string(fixture.team.text)])
            return .session(try SessionID(parsing: made.text("id")))
        }
        let (first, second) = (try session(), try session())
        let runner = try Fixture.key(fixture.hub, fixture.cli, fixture.team, scopes: [.sessionsRun])
        let other = try Fixture.key(fixture.hub, fixture.cli, fixture.team, scopes: [.sessionsRun])
        func act(_ key: CredentialID, in channel: ChannelIdentity) throws {
            let event = ProducedEvent(
                channel: channel, eventID: "made", isIdempotent: false, time: fixture.hub.now,
                content: .session(.textComplete, fields: ["text": "x"]))
            let answer = try fixture.hub.ask(fixture.fcgi) { .publish($0, key, [event], texts: []) }
            #expect(answer.refusal == nil)
        }
        #expect(try fixture.subscribe(first, as: runner).refusal?.code == .scopeRequired)
        try act(runner, in: first)
        #expect(try fixture.subscribe(first, as: runner).refusal == nil)
        #expect(try fixture.subscribe(second, as: runner).refusal?.code == .scopeRequired)
        try act(other, in: first)
        #expect(try fixture.subscribe(first, as: other).refusal?.code == .scopeRequired)
        // Once the first key is gone, the next to act runs the session.
        _ = try fixture.hub.call(
            fixture.cli, .deleteKey,
            ["teamId": .string(fixture.team.text), "id": .string(runner.text)])
        try act(other, in: first)
        #expect(try fixture.subscribe(first, as: other).refusal == nil)
    }

    @Test func `channels of another team are as forbidden as unknown ones`() throws {
        let fixture = try Fixture()
        let other = try Fixture.team(fixture.hub, fixture.cli, "Two")
        #expect(try fixture.subscribe(.team(other)).refusal?.code == .channelForbidden)
        #expect(try fixture.subscribe(.team("none")).refusal?.code == .channelForbidden)
        #expect(try fixture.publish(on: .team(other)).refusal?.code == .channelForbidden)
    }

    @Test func `an owner that cannot be looked up lets nobody in`() throws {
        let fixture = try Fixture()
        fixture.hub.core.sessions.owner = { _, _ in
            throw StoreError.damaged(column: 2, of: "sessions")
        }
        #expect(try fixture.subscribe(.session("s1")).refusal?.code == .channelUnavailable)
        #expect(try fixture.publish(on: .session("s1")).refusal?.code == .channelUnavailable)
    }

    @Test func `what was missed comes back from memory and, after a restart, from disk`() throws {
        let fixture = try Fixture { $0.hub.ringCount = 3 }
        let start = try fixture.join().joined.head
        for number in 1...10 { _ = try fixture.publish("\(number)") }
        func missed(since offset: Offset) throws -> [Offset] {
            let since = StreamPosition(epoch: start.epoch, offset: offset)
            let (joined, page) = try fixture.join(since: since)
            #expect(joined.isRecovered && joined.head.offset == 10)
            #expect(page.reachesHead)
            return page.items.map(\.offset)
        }
        #expect(try missed(since: 8) == [9, 10])
        #expect(try missed(since: 2) == Array(3...10))
        #expect(try missed(since: 10) == [])
        try fixture.hub.restart()
        _ = try fixture.hub.apply([
            .arrived(fixture.ws, Hello(role: .webSocketWorker, name: "ws-1", processID: 1))
        ])
        #expect(try missed(since: 8) == [9, 10])
    }

    @Test func `a long absence is recovered page by page`() throws {
        let fixture = try Fixture()
        let start = try fixture.join().joined.head
        let text = String(repeating: "x", count: 100_000)
        for _ in 1...6 { _ = try fixture.publish(text) }
        var (joined, page) = try fixture.join(since: start)
        #expect(joined.isRecovered && !page.reachesHead)
        var offsets = page.items.map(\.offset)
        while !page.reachesHead {
            let since = StreamPosition(epoch: start.epoch, offset: offsets.last ?? 0)
            let answer = try fixture.hub.ask(fixture.ws) {
                .read($0, fixture.key, fixture.channel, since: since)
            }
            guard case .page(_, let next) = answer else { throw TestHubError.noAnswer }
            #expect(next.texts.count <= Limits.recoveryPageBytes)
            page = next
            offsets += next.items.map(\.offset)
        }
        #expect(offsets == Array(1...6))
    }

    @Test(arguments: [
        StreamPosition(epoch: "another", offset: 1), StreamPosition(epoch: "another", offset: 0),
    ])
    func `a position of another epoch is not recovered`(since: StreamPosition) throws {
        let fixture = try Fixture()
        _ = try fixture.publish()
        let (joined, page) = try fixture.join(since: since)
        #expect(!joined.isRecovered && page == .empty && joined.head.offset == 1)
    }

    @Test func `over the limit of all rings the store answers, and nothing is missing`() throws {
        let fixture = try Fixture { $0.hub.ringTotalBytes = 1_000 }
        let start = try fixture.join().joined.head
        for _ in 1...20 { _ = try fixture.publish() }
        let (joined, page) = try fixture.join(since: start)
        #expect(joined.isRecovered)
        #expect(page.items.map(\.offset) == Array(1...20))
        let text = try fixture.hub.call(fixture.fcgi, .metrics).text("text")
        #expect(text.contains("limit=\"hub.ringTotalBytes\"} "))
    }

    @Test func `a position behind trimmed history is not recovered`() throws {
        let fixture = try Fixture { $0.hub.ringCount = 1 }
        let start = try fixture.join().joined.head
        for _ in 1...5 { _ = try fixture.publish() }
        fixture.hub.core.channels.trimmed(
            .init(channel: fixture.channel, epoch: start.epoch, oldestKept: 4, count: 3))
        #expect(
            try !fixture.join(since: StreamPosition(epoch: start.epoch, offset: 2)).joined
                .isRecovered)
        #expect(
            try fixture.join(since: StreamPosition(epoch: start.epoch, offset: 3)).joined
                .isRecovered)
    }

    @Test func `history trimmed before the hub heard of it is not recovered`() throws {
        let fixture = try Fixture { $0.hub.ringCount = 1 }
        let start = try fixture.join().joined.head
        for _ in 1...5 { _ = try fixture.publish() }
        try Maintenance(path: "\(fixture.hub.directory)/switchboard.db").trim(
            .init(count: 3, bytes: 1 << 30, oldest: Timestamp(milliseconds: 0)),
            isStopping: { false }, report: { _ in })
        #expect(try !fixture.join(since: start).joined.isRecovered)
        let kept = StreamPosition(epoch: start.epoch, offset: 2)
        #expect(try fixture.join(since: kept).page.items.map(\.offset) == [3, 4, 5])
    }

    @Test func `a worker resumes for its team, and for no other`() throws {
        let fixture = try Fixture()
        let start = try fixture.join().joined.head
        _ = try fixture.publish()
        let mine = try fixture.hub.ask(fixture.ws) {
            .resume($0, fixture.team, fixture.channel, since: start)
        }
        guard case .subscribed(_, let joined, let page) = mine else {
            throw TestHubError.noAnswer
        }
        #expect(joined.isRecovered && page.items.map(\.offset) == [1])
        let other = try fixture.hub.ask(fixture.ws) {
            .resume($0, "other", fixture.channel, since: start)
        }
        #expect(other.refusal?.code == .channelForbidden)
    }

    @Test func `a deleted agent's channel is withdrawn, and a new one's begins anew`() throws {
        let fixture = try Fixture()
        let agent = ChannelIdentity.agent("a1", of: fixture.team)
        func put() throws {
            try fixture.hub.call(
                fixture.fcgi, .putAgent, ["id": "a1", "status": "idle"], as: fixture.key)
        }
        try put()
        let old = try fixture.join(agent).joined.head
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(fixture.fcgi, .deleteAgent, ["id": "a1"], as: fixture.key)
        #expect(fixture.hub.take(fixture.ws) == [.withdrawn(agent)])
        #expect(try fixture.subscribe(agent).refusal?.code == .channelForbidden)
        try put()
        _ = try fixture.publish(on: agent)
        #expect(fixture.hub.take(fixture.ws) == [], "nobody joined since")
        let (joined, page) = try fixture.join(agent, since: old)
        #expect(!joined.isRecovered && page == .empty && joined.head.epoch != old.epoch)
    }

    @Test func `an idle channel leaves the memory and comes back with its numbering`() throws {
        let fixture = try Fixture()
        _ = try fixture.publish()
        try fixture.hub.wait(.seconds(300))
        #expect(try fixture.publish().firstResult?["offset"] == 2)
    }
}
