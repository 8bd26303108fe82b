import Protocol
import Realtime

/// One channel of a client: who listens, what the server was asked on this connection, and where
/// its stream stands.
///
/// Each handler has a position of its own and gets every publication after it, once and in order,
/// or is told that there is a gap.
struct ChannelSubscription {
    /// Whom a handler's messages are for.
    enum Role: Equatable {
        case program(HandlerID)
        /// The outbox, which needs no word of its own from the server where the channel is joined.
        case answer(AnswerKey)
    }

    struct Handler {
        let role: Role
        /// Whether it asks for what it missed.
        let recovers: Bool
        /// Everything up to here it has had.
        var cursor: StreamPosition?
        /// Whether it waits for the server's answer: until then it is given nothing.
        var awaits = true
        /// Whether it had a position and gave it up.
        var hasLost = false
    }

    /// The subscribe that is not answered.
    private struct Pending {
        let id: CommandID
        /// Whether the channel is joined anew; else only asked about while it goes on.
        let isFresh: Bool
        let since: StreamPosition?
        let deadline: Duration
    }

    let name: ChannelName
    private(set) var handlers: [Handler] = []
    /// The numbering of the last answer; kept over reconnects.
    private var epoch: Epoch?
    /// The stream's last offset on this connection; nil while the channel is not joined.
    private var position: Offset?
    /// Whether the server may hold the channel: then it replays nothing to another subscribe.
    private(set) var isHeld = false
    private var pending: Pending?
    private var retryAt: Duration?
    private var refusals = 0
    /// Holes in a row, without a publication in between.
    private var holes = 0
    private var failure: ErrorCode?

    init(_ name: ChannelName) { self.name = name }

    /// When `tick` is due.
    var deadline: Duration? { [pending?.deadline, retryAt].compactMap { $0 }.min() }

    var hasFailed: Bool { failure != nil }

    var isOverCap: Bool { failure == .maximumSubscriptionsReached }

    var currentID: CommandID? { pending?.id }
}

// MARK: - Who listens

extension ChannelSubscription {
    mutating func add(_ handler: Handler, isUp: Bool, _ turn: inout RealtimeTurn) {
        var handler = handler
        let isAnswer = if case .answer = handler.role { true } else { false }
        if isUp, isAnswer, let position, let epoch {
            handler.awaits = false
            handler.cursor = StreamPosition(epoch: epoch, offset: position)
        }
        handlers.append(handler)
        guard isUp, handler.awaits, retryAt == nil || isAnswer else { return }
        if !isPlaced(handler.cursor) { ask(&turn) }
    }

    /// Whether the subscribe on its way places a new handler too.
    private func isPlaced(_ cursor: StreamPosition?) -> Bool {
        guard let pending else { return false }
        guard let cursor else { return true }
        guard pending.isFresh, let since = pending.since else { return false }
        return since.epoch == cursor.epoch && since.offset <= cursor.offset
    }

    /// - Returns: the handler as it was, or nil where there is none.
    mutating func remove(_ role: Role) -> Handler? {
        handlers.firstIndex { $0.role == role }.map { handlers.remove(at: $0) }
    }
}

// MARK: - Joining

extension ChannelSubscription {
    /// Joins anew from the least position, or only asks where a channel is that goes on meanwhile.
    mutating func ask(_ turn: inout RealtimeTurn) {
        let isFresh = position == nil || handlers.contains { $0.awaits && $0.cursor != nil }
        if isFresh && isHeld { turn.send(.unsubscribe(turn.nextID(.unsubscribe), name)) }
        let since = isFresh ? leastCursor : nil
        let id = turn.nextID(.subscribe)
        isHeld = true
        failure = nil
        pending = Pending(
            id: id, isFresh: isFresh, since: since,
            deadline: turn.now + turn.policy.subscribeTimeout)
        retryAt = nil
        turn.send(.subscribe(id, name, since: since))
    }

    /// Of the epoch that the channel had last; else of the first handler that has a position.
    private var leastCursor: StreamPosition? {
        let cursors = handlers.compactMap(\.cursor)
        let chosen = cursors.contains { $0.epoch == epoch } ? epoch : cursors.first?.epoch
        return cursors.filter { $0.epoch == chosen }.min { $0.offset < $1.offset }
    }

    /// The server's answer to the subscribe; to another one it is ignored.
    mutating func subscribed(
        _ id: CommandID?, _ head: StreamPosition, isRecovered: Bool, _ message: ServerMessage,
        _ turn: inout RealtimeTurn
    ) {
        guard let pending, pending.id == id else { return }
        self.pending = nil
        refusals = 0
        let isFresh = pending.isFresh || head.epoch != epoch
        if isFresh {
            position = isRecovered ? pending.since?.offset ?? head.offset : head.offset
        }
        epoch = head.epoch
        for index in handlers.indices where isFresh || handlers[index].awaits {
            let cursor = handlers[index].cursor
            let isKept =
                isRecovered && cursor?.epoch == head.epoch && cursor?.offset ?? 0 <= head.offset
            let isGap = handlers[index].hasLost || (cursor != nil && !isKept)
            let isNews = handlers[index].awaits || isGap
            if !isGap, cursor == nil, case .answer(let key) = handlers[index].role {
                turn.notices.append(AnswerNotice(key, .joined(pending.id)))
            }
            if !isKept { handlers[index].cursor = head }
            handlers[index].awaits = false
            handlers[index].hasLost = false
            guard isNews else { continue }
            let joined = ChannelMessage.Joined(
                position: head, isRecovered: isRecovered, isGap: isGap, body: message.body)
            tell(handlers[index].role, .subscribed(joined), &turn)
        }
    }

    /// The connection is gone.
    mutating func down() {
        leave(isHeld: false)
        refusals = 0
        holes = 0
        retryAt = nil
    }

    /// Not joined any more; handlers that do not recover forget where they were.
    private mutating func leave(isHeld: Bool) {
        self.isHeld = isHeld
        position = nil
        pending = nil
        for index in handlers.indices {
            handlers[index].awaits = true
            guard !handlers[index].recovers, handlers[index].cursor != nil else { continue }
            handlers[index].cursor = nil
            handlers[index].hasLost = true
        }
    }

    /// - Returns: false where the server does not answer the subscribe any more.
    mutating func tick(_ turn: inout RealtimeTurn) -> Bool {
        if let pending, pending.deadline <= turn.now { return false }
        if let retryAt, retryAt <= turn.now { ask(&turn) }
        return true
    }
}

// MARK: - What is published

extension ChannelSubscription {
    mutating func published(
        _ offset: Offset, _ end: ServerMessage.RequestEnd?, _ message: ServerMessage,
        _ turn: inout RealtimeTurn
    ) {
        guard let position, offset > position else { return }
        guard offset == position + 1 else {
            // What is on its way from the old place belongs to nobody once the new one is asked for.
            if pending?.isFresh != true { skipped(to: offset, &turn) }
            return
        }
        self.position = offset
        holes = 0
        for index in handlers.indices where !handlers[index].awaits {
            guard let cursor = handlers[index].cursor, cursor.offset < offset else { continue }
            handlers[index].cursor?.offset = offset
            switch handlers[index].role {
            case .program(let id):
                let published = ChannelMessage.Published(
                    offset: offset, body: message.body, text: message.text)
                turn.actions.append(.tell(id, .publication(published)))
            case .answer(let key):
                if let end { turn.notices.append(AnswerNotice(key, .ended(end))) }
            }
        }
    }

    /// The stream has a hole: what was skipped is asked for, with patience the second time.
    private mutating func skipped(to offset: Offset, _ turn: inout RealtimeTurn) {
        let expected = (position ?? 0) + 1
        turn.actions.append(
            .report(.gapDetected(name, expected: expected, received: offset)))
        position = nil
        holes += 1
        guard holes > 1 else { return ask(&turn) }
        pending = nil
        retryAt = turn.now + turn.backoff(holes - 2)
    }
}

// MARK: - Refusals

extension ChannelSubscription {
    /// The subscribe was refused.
    mutating func replyRefused(
        _ code: String, _ text: String, _ message: ServerMessage, _ turn: inout RealtimeTurn
    ) {
        // A passing trouble with a second handler's subscribe is not the others'.
        let goesOn = pending?.isFresh == false && Self.isPassing(code)
        if goesOn { pending = nil } else { leave(isHeld: false) }
        refused(code, text, message, onlyAwaiting: goesOn, &turn)
    }

    /// The server has ended the subscription by itself.
    mutating func withdrawn(
        _ code: String, _ text: String, _ message: ServerMessage, _ turn: inout RealtimeTurn
    ) {
        // A subscribe may be on its way: unless it is undone first, the next one replays nothing.
        leave(isHeld: pending != nil)
        refused(code, text, message, onlyAwaiting: false, &turn)
    }

    private mutating func refused(
        _ code: String, _ text: String, _ message: ServerMessage, onlyAwaiting: Bool,
        _ turn: inout RealtimeTurn
    ) {
        let willRetry = Self.isPassing(code)
        if willRetry {
            retryAt = turn.now + turn.backoff(refusals)
            refusals += 1
        } else {
            retryAt = nil
            failure = ErrorCode(rawValue: code) ?? .internalError
        }
        let error = ChannelMessage.JoinFailure(
            code: code, message: text, willRetry: willRetry, body: message.body)
        for handler in handlers where handler.awaits || !onlyAwaiting {
            tell(handler.role, .error(error), &turn)
        }
    }

    /// Whether the same may work a moment later.
    static func isPassing(_ code: String) -> Bool {
        switch ErrorCode(rawValue: code) {
        case .channelUnavailable, .rateLimited, .internalError: true
        default: false
        }
    }

    private func tell(_ role: Role, _ message: ChannelMessage, _ turn: inout RealtimeTurn) {
        switch (role, message) {
        case (.program(let id), _): turn.actions.append(.tell(id, message))
        case (.answer(let key), .subscribed(let joined)):
            if joined.isGap { turn.notices.append(AnswerNotice(key, .unheard)) }
        case (.answer(let key), .error): turn.notices.append(AnswerNotice(key, .unheard))
        case (.answer, .publication): break
        }
    }
}
