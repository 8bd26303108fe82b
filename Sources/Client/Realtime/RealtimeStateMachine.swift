import Protocol
import Realtime

/// A whole realtime client without its effects: events and the time go in, actions come out.
///
/// The browser client decides the same; `Tests/ClientCases` holds both to it.
package struct RealtimeStateMachine {
    private var connection: ConnectionStateMachine
    private var table = SubscriptionTable()
    private var outbox = PermissionOutbox()
    private var turn: RealtimeTurn
    /// By the id of the ping.
    private var pings: [CommandID: (call: CallID, sentAt: Duration)] = [:]
    /// Where each handler of the program listens.
    private var handlers: [HandlerID: ChannelName] = [:]
    /// Handlers that do not take what comes at the moment, as they were.
    private var paused: [HandlerID: ChannelSubscription.Handler] = [:]

    /// - Parameters:
    ///   - usesToken: whether each attempt begins with ``RealtimeAction/fetchToken(_:)``.
    ///   - random: from 0 up to, but not including, 1.
    package init(
        policy: ReconnectPolicy = ReconnectPolicy(), usesToken: Bool = false,
        random: @escaping () -> Double
    ) {
        connection = ConnectionStateMachine(usesToken: usesToken)
        turn = RealtimeTurn(policy: policy, random: random)
    }

    /// When ``tick(at:)`` is due.
    package var deadline: Duration? {
        var least = connection.deadline(turn.policy)
        for other in [table.deadline, outbox.deadline, turn.pace.deadline] {
            guard let other else { continue }
            least = least.map { min($0, other) } ?? other
        }
        return least
    }

    package var isDisconnected: Bool { connection.isDisconnected }

    /// Whether a token was asked for and did not come.
    package var awaitsToken: Bool { connection.awaitsToken }

    /// What is to be done, in this order; each action is given out once.
    package mutating func takeActions() -> [RealtimeAction] {
        defer { turn.actions.removeAll(keepingCapacity: true) }
        return turn.actions
    }
}

// MARK: - What the program wants

extension RealtimeStateMachine {
    package mutating func connect(at now: Duration) {
        turn.now = now
        connection.connect(&turn)
    }

    package mutating func disconnect(at now: Duration) {
        turn.now = now
        follow(connection.disconnect(&turn))
    }

    /// The machine has a network again, or the program came to the foreground.
    package mutating func online(at now: Duration) {
        turn.now = now
        connection.online(&turn)
    }

    /// The machine may have lost its network.
    package mutating func offline(at now: Duration) {
        turn.now = now
        connection.offline(&turn)
    }

    /// - Parameter recovers: whether it is given what it missed while the connection was lost.
    package mutating func subscribe(
        _ id: HandlerID, to channel: ChannelName, since: StreamPosition?, recovers: Bool,
        at now: Duration
    ) {
        turn.now = now
        handlers[id] = channel
        let handler = ChannelSubscription.Handler(
            role: .program(id), recovers: recovers, cursor: since)
        table.add(handler, to: channel, &turn)
    }

    package mutating func dispose(_ id: HandlerID, at now: Duration) {
        turn.now = now
        paused[id] = nil
        guard let channel = handlers.removeValue(forKey: id) else { return }
        table.remove(.program(id), from: channel, &turn)
    }

    /// Gives a handler nothing until it is resumed; its position stays.
    package mutating func pause(_ id: HandlerID, at now: Duration) {
        turn.now = now
        guard let channel = handlers[id], paused[id] == nil else { return }
        paused[id] = table.remove(.program(id), from: channel, &turn)
    }

    /// Goes on from where it was paused: history holds what came meanwhile.
    package mutating func resume(_ id: HandlerID, at now: Duration) {
        turn.now = now
        guard let channel = handlers[id], var handler = paused.removeValue(forKey: id) else {
            return
        }
        handler.awaits = true
        if !handler.recovers, handler.cursor != nil {
            handler.cursor = nil
            handler.hasLost = true
        }
        table.add(handler, to: channel, &turn)
    }

    /// The program's handlers of a channel, the paused ones too.
    package func handlers(of channel: ChannelName) -> [HandlerID] {
        handlers.filter { $0.value == channel }.keys.sorted()
    }

    package mutating func respond(_ call: CallID, _ answer: PermissionResponse, at now: Duration) {
        turn.now = now
        guard !connection.isDisconnected else {
            let error = RealtimeError.disconnected("nothing would carry the answer: connect first")
            return turn.actions.append(.answered(call, .failure(error)))
        }
        outbox.respond(call, answer, &table, &turn)
    }

    package mutating func ping(_ call: CallID, at now: Duration) {
        turn.now = now
        guard connection.isConnected else {
            return turn.actions.append(.ponged(call, .failure(.notConnected)))
        }
        connection.pinged(&turn)
        let id = turn.nextID(.ping)
        pings[id] = (call, now)
        turn.send(.ping(id))
    }
}

// MARK: - What happens

extension RealtimeStateMachine {
    package mutating func tokenFetched(
        _ number: ConnectionNumber, _ token: String?, at now: Duration
    ) {
        turn.now = now
        if number == connection.number { connection.tokenFetched(token, &turn) }
    }

    package mutating func tokenFailed(
        _ number: ConnectionNumber, _ reason: String, at now: Duration
    ) {
        turn.now = now
        if number == connection.number { connection.tokenFailed(reason, &turn) }
    }

    package mutating func closed(
        _ number: ConnectionNumber, code: UInt16, reason: String, at now: Duration
    ) {
        turn.now = now
        guard number == connection.number else { return }
        follow(connection.closed(code: code, reason: reason, &turn))
    }

    package mutating func failed(
        _ number: ConnectionNumber, _ failure: TransportFailure, at now: Duration
    ) {
        turn.now = now
        guard number == connection.number else { return }
        follow(connection.failed(failure, &turn))
    }

    /// The time of ``deadline`` has come.
    package mutating func tick(at now: Duration) {
        turn.now = now
        follow(connection.tick(&turn))
        if let silence = table.tick(&turn) { follow(connection.dead(silence, &turn)) }
        outbox.tick(table, &turn)
        turn.pace.release(at: now, &turn.actions)
    }

    /// What came is no message.
    package mutating func received(
        _ number: ConnectionNumber, unreadable error: RealtimeError, at now: Duration
    ) {
        turn.now = now
        guard number == connection.number else { return }
        connection.heard(&turn)
        turn.actions.append(.report(error))
    }

    package mutating func received(
        _ number: ConnectionNumber, _ message: ServerMessage, at now: Duration
    ) {
        turn.now = now
        guard number == connection.number else { return }
        connection.heard(&turn)
        if case .connected(let interval) = message.content {
            return follow(connection.greeted(heartbeatInterval: interval, &turn))
        }
        guard connection.isConnected else { return }
        take(message)
        for notice in turn.notices { outbox.heard(notice, &table, &turn) }
        turn.notices.removeAll(keepingCapacity: true)
    }
}

// MARK: - Steps

extension RealtimeStateMachine {
    private mutating func take(_ message: ServerMessage) {
        switch message.content {
        case .publication(let channel, let offset, let end):
            table.published(channel, offset, end, message, &turn)
        case .subscribed(let id, let channel, let head, let isRecovered):
            table.subscribed(id, channel, head, isRecovered: isRecovered, message, &turn)
        case .pong(let id): ponged(id)
        case .draining(let delay): connection.draining(reconnectIn: delay)
        case .refused(let reference, let channel, let code, let text):
            refused(reference, channel, code, text, message)
        case .connected, .other: break
        }
    }

    private mutating func ponged(_ id: CommandID?) {
        guard let id, let ping = pings.removeValue(forKey: id) else { return }
        turn.actions.append(.ponged(ping.call, .success(turn.now - ping.sentAt)))
    }

    /// Finds whose command it is about; a reply to one that is not current is nobody's.
    private mutating func refused(
        _ reference: ServerMessage.CommandReference, _ channel: ChannelName?, _ code: String,
        _ text: String, _ message: ServerMessage
    ) {
        switch (reference, channel) {
        case (.own(let id), _):
            switch id.kind {
            case .subscribe: table.replyRefused(id, code, text, message, &turn)
            case .answer: outbox.refused(id, code, text, &table, &turn)
            case .ping:
                guard let ping = pings.removeValue(forKey: id) else { return }
                turn.actions.append(
                    .ponged(ping.call, .failure(.refused(code: code, message: text))))
            case .unsubscribe: break
            }
        case (.foreign, _): break
        case (.none, let channel?): table.withdrawn(channel, code, text, message, &turn)
        case (.none, nil): turn.actions.append(.report(.refused(code: code, message: text)))
        }
    }

    private mutating func follow(_ change: ConnectionStateMachine.Change) {
        switch change {
        case .none: break
        case .up:
            table.up(&turn)
            outbox.up(&turn)
        case .down: down()
        case .ended(let reason):
            down()
            outbox.end(reason, &table, &turn)
        }
    }

    private mutating func down() {
        turn.pace.clear()
        table.down()
        outbox.down()
        for ping in pings.values.sorted(by: { $0.call < $1.call }) {
            turn.actions.append(.ponged(ping.call, .failure(.notConnected)))
        }
        pings = [:]
    }
}
