import Daemon
import JSON
import Protocol
import Realtime
import Testing
import WebSocketWorker

/// What ends or moves connections from outside: credentials, owners, the hub's absence, the drain.
@Suite(.serialized) struct CredentialAndLinkTests {
    @Test func `a revoked credential closes with 4101, and nothing more is delivered`() throws {
        let world = try World()
        let client = try world.connected()
        let hub = try #require(world.hub)
        hub.admitAll()
        _ = try client.subscribe("team:t1")
        hub.send(
            .credentials(
                CredentialUpdate(removed: [.init(id: "k1", closeCode: .credentialEnded)])))
        hub.deliver("team:t1", 1)
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4101)
        #expect(client.messages.isEmpty)
        #expect(try world.client().head.contains("INVALID_API_KEY"))
    }

    @Test func `a credential is good at once: unknown ones wait for the hub's news`() throws {
        let world = try World()
        let hub = try #require(world.hub)
        world.run { world.hub?.isGreeted == true }
        let stranger = try world.client("x-api-key: swk_k2.secret\r\n")
        #expect(stranger.head.contains("INVALID_API_KEY"))
        hub.news = CredentialUpdate(changed: [credential("k2")])
        let client = try world.client(
            "x-api-key: swk_k2.secret\r\n",
            behind: TestClient.frame(#"{"type":"ping","id":"early"}"#))
        client.run { client.messages.count == 2 }
        #expect(client.messages.map { $0["type"] } == ["connected", "pong"])
        #expect(client.messages.last?["id"] == "early")
        #expect(hub.questionsForNews == 2)
        for known in ["swk_k1.wrong", "no token at all"] {
            #expect(try world.client("x-api-key: \(known)\r\n").head.contains("INVALID_API_KEY"))
        }
        #expect(hub.questionsForNews == 2, "no news could make these good")
    }

    @Test func `a hub that is lost while it is asked makes no credential invalid`() throws {
        let world = try World()
        let hub = try #require(world.hub)
        hub.isSilent = true
        let client = try TestClient(world)
        client.request("x-api-key: swk_k2.secret\r\n")
        world.run { hub.questionsForNews == 1 }
        world.killHub()
        client.run { client.isAtEnd }
        #expect(client.head.contains("AUTH_SERVICE_UNAVAILABLE"))
    }

    @Test func `a client that leaves while the hub is asked leaves nothing behind`() throws {
        let world = try World()
        let hub = try #require(world.hub)
        world.run { world.hub?.isGreeted == true }
        hub.isSilent = true
        let client = try TestClient(world)
        client.request("x-api-key: swk_k2.secret\r\n")
        let hasty = try world.client(
            "x-api-key: swk_k2.secret\r\n", behind: [UInt8](repeating: 0, count: 60_000))
        #expect(hasty.head.hasPrefix("HTTP/1.1 431"), "what it sends meanwhile is limited")
        world.run { hub.questionsForNews == 2 }
        client.vanish()
        world.killHub()
        try world.startHub()
        world.run { world.hub?.isGreeted == true }
        #expect(try world.connected().isUpgraded)
    }

    @Test func `a credential that expires closes its connections`() throws {
        let world = try World()
        let client = try world.connected()
        let soon = WallClock.now + .milliseconds(50)
        world.hub?.send(
            .credentials(CredentialUpdate(changed: [credential("k1", expiresAt: soon)])))
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4101)
    }

    @Test func `a principal that moved to another team is closed with 4103`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.send(.credentials(CredentialUpdate(changed: [credential("k1", team: "t2")])))
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4103)
    }

    @Test func `a withdrawn channel ends its subscriptions`() throws {
        let world = try World()
        let client = try world.connected()
        let hub = try #require(world.hub)
        hub.admitAll()
        _ = try client.subscribe("spec:a")
        hub.send(.withdrawn(identity("spec:a")))
        hub.deliver("spec:a", 1)
        world.settle(client)
        #expect(client.messages.map { $0["payload"]?["code"] } == ["CHANNEL_FORBIDDEN"])
        #expect(client.messages[0]["channel"]?.stringValue == "spec:a")
        client.messages = []
        // Its place is free again.
        #expect(try client.subscribe("spec:a")["type"]?.stringValue == "subscribed")
    }

    @Test func `without a hub clients stay, handshakes and subscribes are refused`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.admitAll()
        _ = try client.subscribe("team:t1")
        world.killHub()
        #expect(
            try client.subscribe("team:t1")["payload"]?["code"]?.stringValue
                == "CHANNEL_UNAVAILABLE")
        let refused = try world.client()
        #expect(refused.head.hasPrefix("HTTP/1.1 503 "))
        #expect(refused.head.contains("AUTH_SERVICE_UNAVAILABLE"))
        #expect(client.closeCode == nil)
    }

    @Test func `after the hub is back channels go on where they were`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.admitAll()
        _ = try client.subscribe("team:t1")
        world.hub?.deliver("team:t1", 1)
        client.run { client.messages.count == 1 }
        world.killHub()
        try world.startHub()
        let hub = try #require(world.hub)
        hub.answer = { message in
            guard case .resume(let request, team, _, position(1)) = message else { return nil }
            return .subscribed(
                request, Joined(head: position(3), isRecovered: true),
                TestHub.page("team:t1", 2...3))
        }
        client.run { client.messages.count == 3 }
        hub.deliver("team:t1", 4)
        client.run { client.messages.count == 4 }
        #expect(client.offsets == [1, 2, 3, 4])
    }

    @Test func `what one page can't hold each client reads on at its own pace`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.admitAll()
        _ = try client.subscribe("team:t1")
        world.killHub()
        try world.startHub()
        let hub = try #require(world.hub)
        hub.answer = { message in
            switch message {
            case .resume(let request, _, _, _):
                .subscribed(
                    request, Joined(head: position(5), isRecovered: true),
                    TestHub.page("team:t1", 1...2, reachesHead: false))
            case .read(let request, _, _, position(2)):
                .page(request, TestHub.page("team:t1", 3...5))
            default: nil
            }
        }
        client.run { client.messages.count == 5 }
        hub.deliver("team:t1", 6)
        client.run { client.messages.count == 6 }
        #expect(client.offsets == [1, 2, 3, 4, 5, 6])
    }

    @Test func `what can't be recovered sends its clients to resume elsewhere`() throws {
        let world = try World()
        let (client, other) = (try world.connected(), try world.connected())
        world.hub?.admitAll()
        _ = try client.subscribe("team:t1")
        world.killHub()
        try world.startHub()
        world.hub?.admitAll(head: position(0, "e2"), isRecovered: false)
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 1012)
        world.settle(other)
        #expect(other.closeCode == nil)
    }

    @Test func `a credential revoked during the hub's absence is closed when it is back`() throws {
        let world = try World()
        let client = try world.connected()
        world.killHub()
        try world.startHub()
        let hub = try #require(world.hub)
        world.run { hub.isGreeted }
        hub.send(.credentials(CredentialUpdate(isReset: true, changed: [credential("k2")])))
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4101)
    }

    @Test func `a change of configuration is told once to everybody`() throws {
        let world = try World()
        let (first, second) = (try world.connected(), try world.connected())
        let hub = try #require(world.hub)
        hub.admitAll()
        _ = try second.subscribe("team:t1")
        let text = Array(#"{"type":"config_changed","changeType":"theme"}"#.utf8)
        let next = Generations(config: 0, theme: 1)
        hub.send(.announcement(next, text: text))
        hub.send(.announcement(next, text: text))
        world.settle(first)
        world.settle(second)
        #expect(first.messages.count == 1)
        #expect(second.messages.count == 1)
        world.killHub()
        try world.startHub(generations: Generations(config: 1, theme: 1))
        world.hub?.admitAll(isRecovered: true)
        first.run { first.messages.count == 2 }
        #expect(first.messages[1]["changeType"]?.stringValue == "config")
        second.run { second.messages.count == 2 }
        // A hub whose database went back in time.
        world.killHub()
        try world.startHub(generations: Generations(config: 0, theme: 1))
        world.hub?.admitAll(isRecovered: true)
        first.run { first.messages.count == 3 }
        #expect(first.messages[2]["changeType"]?.stringValue == "config")
    }

    @Test func `a drain says goodbye to everybody and ends`() throws {
        let world = try World()
        let clients = try (0..<3).map { _ in try world.connected() }
        var isDone = false
        world.worker.drain { isDone = true }
        world.run { clients.allSatisfy { $0.closeCode != nil } }
        for client in clients {
            #expect(client.closeCode == 1012)
            let draining = try #require(client.take())
            #expect(draining["type"]?.stringValue == "draining")
            let delay = draining["payload"]?["reconnectInMs"]?.integerValue
            #expect(delay.map { (0...1_000).contains($0) } == true)
        }
        clients.forEach { $0.vanish() }
        world.run { isDone }
        #expect(throws: (any Error).self) { try TestClient(world) }
    }
}
