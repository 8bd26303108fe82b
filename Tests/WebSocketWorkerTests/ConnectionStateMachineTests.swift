import Protocol
import Realtime
import Testing
import WebSocketWorker

struct ConnectionStateMachineTests {
    private var machine = ConnectionStateMachine(maximumSubscriptions: 2)

    /// Feeds commands and collects the steps that follow at once.
    private mutating func feed(
        _ texts: String..., hasRoom: Bool = true
    ) -> [ConnectionStateMachine.Action] {
        for text in texts { machine.received(command(text)) }
        return steps(hasRoom: hasRoom)
    }

    private mutating func steps(hasRoom: Bool = true) -> [ConnectionStateMachine.Action] {
        var actions: [ConnectionStateMachine.Action] = []
        while let action = machine.next(hasRoom: hasRoom) { actions.append(action) }
        return actions
    }

    private mutating func subscribe(_ name: String) -> ConnectionStateMachine.Subscribed {
        _ = feed(#"{"type":"subscribe","channel":"\#(name)"}"#)
        return machine.subscribeAnswered(Joined(head: position(5), isRecovered: false))
    }

    @Test mutating func `a ping is answered at once with its id`() {
        #expect(feed(#"{"type":"ping","id":"7"}"#) == [.reply(.pong(id: "7"))])
    }

    @Test mutating func `an unsubscribe right behind a subscribe waits for its answer`() {
        let actions = feed(
            #"{"type":"subscribe","channel":"team:a","id":"1"}"#,
            #"{"type":"unsubscribe","channel":"team:a","id":"2"}"#, #"{"type":"ping"}"#)
        #expect(actions == [.subscribe(channel("team:a"), since: nil)])
        #expect(machine.isSubscribing)
        let joined = Joined(head: position(5), isRecovered: false)
        #expect(
            machine.subscribeAnswered(joined)
                == .new(
                    .subscribed(
                        channel("team:a"), head: position(5), recovered: false, snapshot: nil,
                        id: "1")))
        #expect(
            steps() == [
                .leave(
                    channel("team:a"), .unsubscribed(channel("team:a"), removed: true, id: "2")),
                .reply(.pong(id: nil)),
            ])
        #expect(machine.subscriptions.isEmpty)
    }

    @Test mutating func `an unsubscribe of a channel that isn't held removes nothing`() {
        #expect(
            feed(#"{"type":"unsubscribe","sessionId":"s"}"#) == [
                .leave(
                    channel("session:s"),
                    .unsubscribed(channel("session:s"), removed: false, id: nil))
            ])
    }

    @Test mutating func `two subscribes in flight can't pass the cap`() {
        _ = subscribe("team:a")
        let first = feed(
            #"{"type":"subscribe","channel":"team:b"}"#,
            #"{"type":"subscribe","channel":"team:c","id":"x"}"#)
        #expect(first == [.subscribe(channel("team:b"), since: nil)])
        _ = machine.subscribeAnswered(Joined(head: position(1), isRecovered: false))
        guard case .reply(.error(let error))? = steps().first else {
            Issue.record("the third subscribe wasn't refused")
            return
        }
        #expect(error.code == .maximumSubscriptionsReached)
        #expect(error.id == "x")
        #expect(error.channel == "team:c")
    }

    @Test mutating func `a refused subscribe leaves its place free`() {
        _ = subscribe("team:a")
        _ = feed(#"{"type":"subscribe","channel":"team:b"}"#)
        _ = machine.subscribeRefused(.channelForbidden, "no", endsHeld: true)
        #expect(
            feed(#"{"type":"subscribe","channel":"team:c"}"#) == [
                .subscribe(channel("team:c"), since: nil)
            ])
    }

    @Test mutating func `re-subscribing at the cap is idempotent and never replays`() {
        _ = subscribe("team:a")
        _ = subscribe("team:b")
        let again = feed(
            #"{"type":"subscribe","channel":"team:a","since":{"epoch":"e1","offset":3}}"#)
        #expect(again == [.subscribe(channel("team:a"), since: nil)])
        let joined = Joined(head: position(9), isRecovered: false)
        // Behind 3 were 4 and 5, which came before this connection subscribed.
        #expect(
            machine.subscribeAnswered(joined)
                == .held(
                    .subscribed(
                        channel("team:a"), head: position(9), recovered: false, snapshot: nil,
                        id: nil)))
        _ = feed(#"{"type":"subscribe","channel":"team:a","since":{"epoch":"e1","offset":6}}"#)
        #expect(
            machine.subscribeAnswered(joined)
                == .held(
                    .subscribed(
                        channel("team:a"), head: position(9), recovered: true, snapshot: nil,
                        id: nil)))
        #expect(machine.subscriptions.count == 2)
    }

    @Test mutating func `a held channel that is refused now is left`() {
        _ = subscribe("spec:a")
        _ = feed(#"{"type":"subscribe","channel":"spec:a"}"#)
        let (_, left) = machine.subscribeRefused(.channelForbidden, "no", endsHeld: true)
        #expect(left == channel("spec:a"))
        #expect(machine.subscriptions.isEmpty)
    }

    @Test mutating func `a lost question keeps what is held`() {
        _ = subscribe("spec:a")
        _ = feed(#"{"type":"subscribe","channel":"spec:a"}"#)
        let (_, left) = machine.subscribeRefused(.channelUnavailable, "down", endsHeld: false)
        #expect(left == nil)
        #expect(machine.subscriptions.count == 1)
    }

    @Test mutating func `a subscribe waits for room, and what is behind it too`() {
        let none = feed(
            #"{"type":"subscribe","channel":"team:a","since":{"epoch":"e","offset":1}}"#,
            #"{"type":"ping"}"#, hasRoom: false)
        #expect(none.isEmpty)
        #expect(machine.waitsForRoom)
        #expect(steps() == [.subscribe(channel("team:a"), since: position(1, "e"))])
    }

    @Test mutating func `errors keep their turn`() {
        let actions = feed("{", #"{"type":"ping"}"#, #"{"type":"subscribe","channel":"team: x"}"#)
        let codes = actions.map { action -> String in
            if case .reply(.error(let error)) = action { return error.code.rawValue }
            if case .reply(.pong) = action { return "pong" }
            return "?"
        }
        #expect(codes == ["INVALID_MESSAGE", "pong", "CHANNEL_INVALID"])
    }

    @Test
    mutating func `an accepted permission answer has no reply, a refused one names the channel`() {
        let text = #"{"type":"permission_response","sessionId":"s","requestId":"r","allowed":true}"#
        #expect(
            feed(text) == [.answerPermission("s", "r", allowed: true, alwaysAllow: false)])
        #expect(machine.permissionAnswered(nil) == nil)
        _ = feed(text)
        let reply = machine.permissionAnswered((.permissionAlreadyResolved, "too late"))
        #expect(
            reply
                == .error(
                    CommandError(.permissionAlreadyResolved, "too late", channel: "session:s")))
    }

    @Test mutating func `a client that sends faster than the hub answers isn't read from`() {
        machine.received(command(#"{"type":"subscribe","channel":"team:a"}"#))
        _ = steps()
        for _ in 0..<ConnectionStateMachine.maximumWaiting {
            machine.received(command(#"{"type":"ping"}"#))
        }
        #expect(steps() == [.pauseReading])
        _ = machine.subscribeAnswered(Joined(head: position(0), isRecovered: false))
        let actions = steps()
        #expect(actions.count { $0 == .resumeReading } == 1)
        #expect(actions.count { $0 == .reply(.pong(id: nil)) } == 64)
    }
}
