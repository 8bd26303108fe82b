import Protocol
import Realtime

/// Which question an answer is for.
struct AnswerKey: Hashable {
    let session: SessionID
    let requestID: String
}

/// What the outbox hears of the channel of one of its answers.
struct AnswerNotice {
    enum Content {
        case ended(ServerMessage.RequestEnd)
        /// The acknowledgement may have passed unheard: asked again, the server tells how it ended.
        case unheard
        /// The channel is heard from this subscribe on, and was not before.
        case joined(CommandID)
    }

    let key: AnswerKey
    let content: Content

    init(_ key: AnswerKey, _ content: Content) {
        self.key = key
        self.content = content
    }
}

/// Permission answers that the server has not acknowledged: sent on each connection until it has.
///
/// The acknowledgement is `permission_resolved` on the session's channel, so each answer listens to
/// it like a handler of the program.
struct PermissionOutbox {
    private struct Entry {
        let answer: PermissionResponse
        var calls: [CallID]
        /// Of the answer as it was sent on this connection.
        var id: CommandID?
        var refusals = 0
        var retryAt: Duration?
    }

    private var keys: [AnswerKey] = []
    private var entries: [AnswerKey: Entry] = [:]
    private var isUp = false

    /// When `tick` is due.
    var deadline: Duration? {
        var least: Duration?
        for entry in entries.values {
            guard let retryAt = entry.retryAt else { continue }
            least = least.map { min($0, retryAt) } ?? retryAt
        }
        return least
    }

    /// A question that is being answered already keeps its first answer, and tells both callers.
    mutating func respond(
        _ call: CallID, _ answer: PermissionResponse, _ table: inout SubscriptionTable,
        _ turn: inout RealtimeTurn
    ) {
        let key = AnswerKey(session: answer.session, requestID: answer.requestID)
        guard entries[key] == nil else {
            entries[key]?.calls.append(call)
            return
        }
        guard entries.count < turn.policy.maximumAnswers else {
            let full = RealtimeError.outboxFull(maximum: turn.policy.maximumAnswers)
            return turn.actions.append(.answered(call, .failure(full)))
        }
        keys.append(key)
        entries[key] = Entry(answer: answer, calls: [call])
        table.add(
            ChannelSubscription.Handler(role: .answer(key), recovers: true),
            to: .session(answer.session), &turn)
        if isUp { send(key, &turn) }
    }

    /// After the subscribes of this connection.
    mutating func up(_ turn: inout RealtimeTurn) {
        isUp = true
        for key in keys { send(key, &turn) }
    }

    /// Every answer waits for the next connection.
    mutating func down() {
        isUp = false
        for key in keys {
            entries[key]?.id = nil
            entries[key]?.refusals = 0
            entries[key]?.retryAt = nil
        }
    }

    /// No connection comes any more.
    mutating func end(
        _ reason: String, _ table: inout SubscriptionTable, _ turn: inout RealtimeTurn
    ) {
        for key in keys { settle(key, .failure(.disconnected(reason)), &table, &turn) }
    }

    mutating func tick(_ table: SubscriptionTable, _ turn: inout RealtimeTurn) {
        for key in keys {
            guard let retryAt = entries[key]?.retryAt, retryAt <= turn.now else { continue }
            send(key, &turn)
            // Where the channel is refused for good, an error alone can tell how it ended.
            if table.hasFailed(.session(key.session)) { again(key, &turn) }
        }
    }

    mutating func heard(
        _ notice: AnswerNotice, _ table: inout SubscriptionTable, _ turn: inout RealtimeTurn
    ) {
        let key = notice.key
        switch notice.content {
        case .unheard: if entries[key]?.id != nil { again(key, &turn) }
        case .joined(let subscribe):
            // Of an answer that was sent before, the acknowledgement may have passed.
            if let id = entries[key]?.id, id.number < subscribe.number { again(key, &turn) }
        case .ended(.resolved(key.requestID, let allowed, let alwaysAllow, let resolvedBy)):
            let outcome = AnswerOutcome.resolved(
                allowed: allowed, alwaysAllow: alwaysAllow, resolvedBy: resolvedBy)
            settle(key, .success(outcome), &table, &turn)
        case .ended(.timedOut(key.requestID)): settle(key, .success(.timeout), &table, &turn)
        case .ended: break  // Another question of the session.
        }
    }

    /// An error with the id of an answer; to one that was sent before it is ignored.
    mutating func refused(
        _ id: CommandID, _ code: String, _ text: String, _ table: inout SubscriptionTable,
        _ turn: inout RealtimeTurn
    ) {
        guard let key = keys.first(where: { entries[$0]?.id == id }) else { return }
        switch ErrorCode(rawValue: code) {
        case .permissionAlreadyResolved:
            settle(key, .success(.alreadyResolved), &table, &turn)
        case .permissionNotFound: settle(key, .success(.notFound), &table, &turn)
        default:
            if ChannelSubscription.isPassing(code) { return again(key, &turn) }
            settle(key, .failure(.refused(code: code, message: text)), &table, &turn)
        }
    }

    private mutating func send(_ key: AnswerKey, _ turn: inout RealtimeTurn) {
        guard let answer = entries[key]?.answer else { return }
        let id = turn.nextID(.answer)
        entries[key]?.id = id
        entries[key]?.retryAt = nil
        turn.send(.answer(id, answer))
    }

    private mutating func again(_ key: AnswerKey, _ turn: inout RealtimeTurn) {
        guard let entry = entries[key], entry.retryAt == nil else { return }
        entries[key]?.retryAt = turn.now + turn.backoff(entry.refusals)
        entries[key]?.refusals += 1
    }

    private mutating func settle(
        _ key: AnswerKey, _ result: Result<AnswerOutcome, RealtimeError>,
        _ table: inout SubscriptionTable, _ turn: inout RealtimeTurn
    ) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        keys.removeAll { $0 == key }
        table.remove(.answer(key), from: .session(key.session), &turn)
        for call in entry.calls { turn.actions.append(.answered(call, result)) }
    }
}
