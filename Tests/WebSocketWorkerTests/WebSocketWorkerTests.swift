import Daemon
import JSON
import Protocol
import Realtime
import Testing
import WebSocketWorker

/// The worker between a played hub and real sockets.
@Suite(.serialized) struct WebSocketWorkerTests {
    @Test func `a client is told its id, subscribes and gets what is published`() throws {
        let world = try World()
        let client = try world.client()
        client.run { !client.messages.isEmpty }
        let connected = try #require(client.take())
        #expect(connected["heartbeatIntervalMs"]?.integerValue == 15_000)
        #expect(connected["connectionId"]?.stringValue?.isEmpty == false)
        world.hub?.admitAll(head: position(7))
        let subscribed = try client.subscribe("team:t1")
        #expect(subscribed["type"]?.stringValue == "subscribed")
        #expect(subscribed["payload"]?["offset"]?.integerValue == 7)
        #expect(subscribed["payload"]?["epoch"]?.stringValue == "e1")
        #expect(subscribed["payload"]?["recovered"]?.boolValue == false)
        for offset in 7...10 { world.hub?.deliver("team:t1", Offset(offset)) }
        client.run { client.messages.count == 3 }
        #expect(client.offsets == [8, 9, 10])
    }

    @Test func `a refused handshake is a REST error with the request's id`() throws {
        let world = try World()
        let client = try world.client("x-api-key: wrong\r\nx-request-id: r7\r\n")
        #expect(client.head.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(client.head.contains("x-request-id: r7\r\n"))
        #expect(client.head.contains(#""code":"INVALID_API_KEY""#))
    }

    @Test func `pages, then live, without a gap or a duplicate`() throws {
        let world = try World()
        let other = try world.connected()
        let client = try world.connected()
        let hub = try #require(world.hub)
        hub.admitAll(head: position(4))
        _ = try other.subscribe("team:t1")
        var reads = 0
        hub.answer = { message in
            switch message {
            case .subscribe(let request, _, _, _):
                return .subscribed(
                    request, Joined(head: position(4), isRecovered: true),
                    TestHub.page("team:t1", 2...3, reachesHead: false))
            case .read(let request, _, _, let since):
                reads += 1
                // Published while the client was behind: 5 reaches it by a page only.
                if since.offset == 3 { hub.deliver("team:t1", 5) }
                return .page(
                    request, TestHub.page("team:t1", (since.offset + 1)...5, reachesHead: true))
            default: return nil
            }
        }
        #expect(try client.subscribe("team:t1", since: 1)["payload"]?["recovered"] == true)
        client.run { client.messages.count == 4 }
        hub.deliver("team:t1", 6)
        client.run { client.messages.count == 5 }
        #expect(client.offsets == [2, 3, 4, 5, 6])
        #expect(reads == 1)
        other.run { other.messages.count == 2 }
        #expect(other.offsets == [5, 6])
    }

    @Test func `a page for a subscription that was left isn't taken for the next one's`() throws {
        let world = try World()
        let client = try world.connected()
        let hub = try #require(world.hub)
        var late: Int64?
        hub.answer = { message in
            switch message {
            case .subscribe(let request, _, _, position(1)):
                return .subscribed(
                    request, Joined(head: position(9), isRecovered: true),
                    TestHub.page("team:t1", 2...2, reachesHead: false))
            case .subscribe(let request, _, _, _):
                return .subscribed(
                    request, Joined(head: position(9), isRecovered: true),
                    TestHub.page("team:t1", 8...8, reachesHead: false))
            case .read(let request, _, _, position(2)):
                late = request
                return nil
            case .read(let request, _, _, _):
                if let late { hub.send(.page(late, TestHub.page("team:t1", 3...9))) }
                return .page(request, TestHub.page("team:t1", 9...9))
            default: return nil
            }
        }
        _ = try client.subscribe("team:t1", since: 1)
        client.run { late != nil }
        client.command(#"{"type":"unsubscribe","channel":"team:t1"}"#)
        client.run { client.messages.count == 2 }
        client.messages = []
        _ = try client.subscribe("team:t1", since: 7)
        client.run { client.messages.count == 2 || client.closeCode != nil }
        #expect(client.offsets == [8, 9])
        #expect(client.closeCode == nil)
    }

    @Test func `a history larger than the queue reaches a slow client whole`() throws {
        let world = try World { $0.webSocket.maximumOutboundQueueBytes = 65_536 }
        let client = try world.connected()
        let hub = try #require(world.hub)
        let last: Offset = 60_000
        func next(_ since: Offset) -> Page {
            let end = min(last, since + 4_000)
            return TestHub.page("team:t1", (since + 1)...end, reachesHead: end == last)
        }
        hub.answer = { message in
            switch message {
            case .subscribe(let request, _, _, _):
                .subscribed(request, Joined(head: position(last), isRecovered: true), next(0))
            case .read(let request, _, _, let since): .page(request, next(since.offset))
            default: nil
            }
        }
        #expect(try client.subscribe("team:t1", since: 0)["payload"]?["recovered"] == true)
        client.isReading = false
        let pause = world.loop.schedule(after: .milliseconds(200)) { client.isReading = true }
        client.run { client.isReading }
        pause.cancel()
        client.run { client.messages.count + 1 >= Int(last) || client.isAtEnd }
        world.settle(client)
        #expect(client.closeCode == nil)
        #expect(client.offsets == Array(1...last))
    }

    @Test func `a client that doesn't read is closed with 4002 when its queue is full`() throws {
        let world = try World { $0.webSocket.maximumOutboundQueueBytes = 65_536 }
        let client = try world.connected()
        let hub = try #require(world.hub)
        hub.admitAll()
        _ = try client.subscribe("team:t1")
        client.isReading = false
        let text = Array(#"{"fill":"\#(String(repeating: "x", count: 100_000))"}"#.utf8)
        var offset: Offset = 0
        let feed = world.loop.schedule(after: .zero, repeating: .milliseconds(1)) {
            offset += 1
            hub.send(.delivery(identity("team:t1"), offset, text: text))
        }
        // The last subscriber is taken out of the channel with the close.
        world.run { hub.received.contains(.release(identity("team:t1"))) }
        feed.cancel()
        client.isReading = true
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4002)
    }

    @Test func `unsubscribing ends the deliveries, the last one the hub's too`() throws {
        let world = try World()
        let hub = try #require(world.hub)
        hub.admitAll()
        let (first, second) = (try world.connected(), try world.connected())
        _ = try first.subscribe("team:t1")
        _ = try second.subscribe("team:t1")
        first.command(#"{"type":"unsubscribe","channel":"team:t1"}"#)
        first.run { !first.messages.isEmpty }
        #expect(first.take()?["payload"]?["removed"]?.boolValue == true)
        hub.deliver("team:t1", 1)
        second.run { second.messages.count == 1 }
        #expect(!hub.received.contains(.release(identity("team:t1"))))
        second.vanish()
        world.run { hub.received.contains(.release(identity("team:t1"))) }
        world.settle(first)
        #expect(first.messages.isEmpty)
    }

    @Test func `refusals name code, channel and id, and the connection stays open`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.answer = { message in
            guard case .subscribe(let request, _, _, _) = message else { return nil }
            return .refused(request, OperationError(.channelForbidden, "not yours"))
        }
        client.command("{")
        client.command("[]")
        client.command("x", opcode: 2)
        client.command(#"{"type":"nope","id":"1"}"#)
        client.command(#"{"type":"subscribe","channel":"team: x"}"#)
        client.command(#"{"type":"subscribe","channel":"team:foreign","id":"2"}"#)
        client.run { client.messages.count == 6 }
        #expect(
            client.messages.map { $0["payload"]?["code"]?.stringValue } == [
                "INVALID_MESSAGE", "INVALID_COMMAND", "INVALID_MESSAGE", "INVALID_COMMAND",
                "CHANNEL_INVALID", "CHANNEL_FORBIDDEN",
            ])
        #expect(client.messages.last?["channel"]?.stringValue == "team:foreign")
        #expect(client.messages.last?["id"]?.stringValue == "2")
        world.settle(client)
        #expect(client.closeCode == nil)
    }

    @Test func `an answer to a permission goes to the hub in the client's name`() throws {
        let world = try World()
        let client = try world.connected()
        world.hub?.answer = { message in
            guard case .call(let request, "k1", .answerPermission, let parameters) = message,
                parameters["id"] == "s", parameters["requestId"] == "r",
                parameters["allowed"] == true, parameters["alwaysAllow"] == false
            else { return nil }
            return .refused(request, OperationError(.permissionAlreadyResolved, "too late"))
        }
        client.command(
            #"{"type":"permission_response","sessionId":"s","requestId":"r","allowed":true}"#)
        client.run { !client.messages.isEmpty }
        #expect(
            client.messages[0]["payload"]?["code"]?.stringValue == "PERMISSION_ALREADY_RESOLVED")
        #expect(client.messages[0]["channel"]?.stringValue == "session:s")
    }

    @Test func `too many commands close with 4008`() throws {
        let world = try World {
            $0.webSocket.commandsPerSecond = 1
            $0.webSocket.commandBurst = 3
        }
        let client = try world.connected()
        for _ in 0..<4 { client.command(#"{"type":"ping"}"#) }
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4008)
        #expect(client.messages.count == 3)
    }

    @Test func `a silent client is pinged, then closed with 4001`() throws {
        let world = try World {
            $0.webSocket.heartbeatInterval = .milliseconds(100)
            $0.webSocket.heartbeatTimeout = .milliseconds(1_500)
        }
        let client = try world.connected()
        client.run { client.closeCode != nil }
        #expect(client.closeCode == 4001)
        #expect(client.pings >= 1)
    }
}
