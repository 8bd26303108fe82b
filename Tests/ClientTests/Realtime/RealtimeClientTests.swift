import Client
import ClientCaseSupport
import JSON
import Realtime
import Testing

/// The actor around the state machine: sequences, calls, the clock and the end.
@Suite struct RealtimeClientTests {
    private let transport = ScriptedTransport()
    private let channel = ChannelName.team("t")

    @Test func `a subscription is told everything in order`() async throws {
        let client = client()
        let server = try await connected(client)
        let subscription = await client.subscribe(to: channel)
        try await server.join(at: 4)
        for offset in Int64(5)...7 { server.publish(offset) }
        var messages = subscription.makeAsyncIterator()
        #expect(await messages.next()?.joinedAt == 4)
        for offset in Int64(5)...7 { #expect(await messages.next()?.offset == offset) }
    }

    @Test func `a consumer that lags is given the rest from history`() async throws {
        let client = client { $0.maximumBufferedMessages = 4 }
        let server = try await connected(client)
        let subscription = await client.subscribe(to: channel)
        try await server.join(at: 0)
        // `subscribed` and three publications fill the buffer: the channel is left.
        for offset in Int64(1)...9 { server.publish(offset) }
        #expect(try await server.nextCommand()["type"] == "unsubscribe")
        var messages = subscription.makeAsyncIterator()
        #expect(await messages.next()?.joinedAt == 0)
        for offset in Int64(1)...3 { #expect(await messages.next()?.offset == offset) }
        async let later = messages.next()
        let again = try await server.nextCommand()
        #expect(again["since"] == ["epoch": "e", "offset": 3])
        server.subscribed(again, at: 9, recovered: true)
        #expect(await later?.isGap == false)
        for offset in Int64(4)...6 {
            server.publish(offset)
            #expect(await messages.next()?.offset == offset)
        }
    }

    @Test func `cancelling the consumer ends the sequence`() async throws {
        let client = client()
        let server = try await connected(client)
        let subscription = await client.subscribe(to: channel)
        try await server.join(at: 0)
        let reading = Task {
            var count = 0
            for await _ in subscription { count += 1 }
            return count
        }
        try await until { transport.isQuiet }
        reading.cancel()
        #expect(await reading.value <= 1)
        server.publish(1)
        #expect(try await server.nextCommand()["type"] == "unsubscribe")
    }

    @Test func `a subscription that nobody holds any more is left`() async throws {
        let client = client()
        let server = try await connected(client)
        _ = await client.subscribe(to: channel)
        try await server.join(at: 0)
        #expect(try await server.nextCommand()["type"] == "unsubscribe")
    }

    @Test func `cancel and unsubscribe end sequences`() async throws {
        let client = client()
        let first = await client.subscribe(to: channel)
        let second = await client.subscribe(to: channel)
        await first.cancel()
        await client.unsubscribe(from: channel)
        for subscription in [first, second] {
            var messages = subscription.makeAsyncIterator()
            #expect(await messages.next() == nil)
        }
    }

    @Test func `states tell of each change, the reason too`() async throws {
        let client = client()
        var states = await client.states().makeAsyncIterator()
        let server = try await connected(client)
        #expect(await states.next()?.phase == .connecting)
        #expect(await states.next()?.phase == .connected)
        server.happen(.closed(code: 4101, reason: "expired"))
        let end = await states.next()
        #expect(end?.phase == .disconnected)
        #expect(end?.reason == .signedOut)
        #expect(end?.message == "expired")
        #expect(await client.state == end)
    }

    @Test func `events hold messages and errors`() async throws {
        let client = client()
        var events = await client.events().makeAsyncIterator()
        let server = try await connected(client)
        server.happen(.text(Array("nonsense".utf8)))
        var seen: [String] = []
        while seen.last != "INVALID_MESSAGE", let event = await events.next() {
            switch event {
            case .state(let state): seen.append(state.phase.rawValue)
            case .message(let text): seen.append(String(decoding: text.prefix(8), as: UTF8.self))
            case .error(let error): seen.append(error.code)
            }
        }
        #expect(
            seen == ["connecting", #"{"type":"#, "connected", "nonsense", "INVALID_MESSAGE"])
    }

    @Test func `an answer waits for its acknowledgement`() async throws {
        let client = client()
        let server = try await connected(client)
        async let outcome = client.respond(
            PermissionResponse(session: "s", requestID: "q", allowed: true))
        let subscribe = try await server.nextCommand()
        let response = try await server.nextCommand()
        #expect(response["type"] == "permission_response")
        server.say([
            "type": "error", "id": response["id"] ?? .null, "channel": "session:s",
            "payload": ["code": "PERMISSION_ALREADY_RESOLVED", "message": ""],
        ])
        #expect(try await outcome == .alreadyResolved)
        #expect(subscribe["channel"] == "session:s")
        await client.disconnect()
        await #expect(throws: RealtimeError.self) {
            try await client.respond(
                PermissionResponse(session: "s", requestID: "q", allowed: true))
        }
    }

    @Test func `a ping takes a round trip, and none without a connection`() async throws {
        let client = client()
        await #expect(throws: RealtimeError.notConnected) { try await client.ping() }
        let server = try await connected(client)
        async let time = client.ping()
        let ping = try await server.nextCommand()
        server.say(["type": "pong", "id": ping["id"] ?? .null, "payload": ["ok": true]])
        #expect(try await time >= .zero)
    }

    @Test func `it comes back by the machine's own clock`() async throws {
        let client = client { $0.policy.firstBackoff = .milliseconds(2) }
        let first = try await connected(client)
        first.happen(.closed(code: 1006, reason: ""))
        try await until { transport.attempts.count == 2 }
        await client.disconnect()
    }

    @Test func `releasing the client abandons its connection`() async throws {
        var held: RealtimeClient? = client()
        let server = try await connected(try #require(held))
        held = nil
        try await until { server.isOver }
    }

    @Test func `the request carries what the options say`() async throws {
        let client = client {
            $0.headers = [("x-api-key", "k")]
            $0.caFile = "/ca.pem"
            $0.token = { "abc" }
        }
        _ = try await connected(client)
        let request = try #require(transport.attempts.first?.request)
        #expect(request.subprotocols == ["switchboard.v1", "bearer.abc"])
        #expect(request.headers.map(\.name) == ["x-api-key"])
        #expect(request.caFile == "/ca.pem")
        #expect(request.url == "wss://example.test/ws")
    }

    // MARK: - Means

    private func client(_ change: (inout RealtimeOptions) -> Void = { _ in }) -> RealtimeClient {
        var options = RealtimeOptions(url: "wss://example.test/ws")
        change(&options)
        return RealtimeClient(options, over: transport)
    }

    private func connected(_ client: RealtimeClient) async throws -> ScriptedConnection {
        await client.connect()
        try await until { !transport.attempts.isEmpty }
        let server = try #require(transport.attempts.last)
        server.happen(.opened(subprotocol: "switchboard.v1"))
        server.say(["type": "connected", "heartbeatIntervalMs": 15_000])
        while await client.state.phase != .connected { await Task.yield() }
        return server
    }
}

/// Waits for what other tasks do.
private func until(_ condition: () -> Bool) async throws {
    let end = ContinuousClock.now + patience
    while !condition() {
        guard ContinuousClock.now < end else { throw CaseFailure("it did not come to be") }
        await Task.yield()
    }
}

extension ScriptedConnection {
    fileprivate func say(_ message: JSONValue) { happen(.text(message.encoded())) }

    fileprivate func nextCommand() async throws -> JSONValue {
        var first: [UInt8]?
        try await until {
            first = takeFirstSent()
            return first != nil
        }
        return try JSONValue(parsing: first ?? [])
    }

    /// Answers the client's subscribe.
    fileprivate func join(at offset: Int64) async throws {
        subscribed(try await nextCommand(), at: offset, recovered: false)
    }

    fileprivate func subscribed(_ command: JSONValue, at offset: Int64, recovered: Bool) {
        say([
            "type": "subscribed", "id": command["id"] ?? .null, "channel": "team:t",
            "payload": [
                "channel": "team:t", "epoch": "e", "offset": .integer(offset),
                "recovered": .bool(recovered),
            ],
        ])
    }

    fileprivate func publish(_ offset: Int64) {
        say(["type": "log_entry", "channel": "team:t", "offset": .integer(offset), "payload": [:]])
    }
}

extension ChannelMessage {
    fileprivate var offset: Int64? {
        if case .publication(let published) = self { published.offset } else { nil }
    }

    fileprivate var joinedAt: Int64? {
        if case .subscribed(let joined) = self { joined.position.offset } else { nil }
    }

    fileprivate var isGap: Bool? {
        if case .subscribed(let joined) = self { joined.isGap } else { nil }
    }
}
