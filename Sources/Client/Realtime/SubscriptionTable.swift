import Protocol
import Realtime

/// A client's channels in the order in which they were first asked for.
struct SubscriptionTable {
    private var names: [ChannelName] = []
    private var channels: [ChannelName: ChannelSubscription] = [:]
    private var isUp = false

    /// When `tick` is due.
    var deadline: Duration? {
        var least: Duration?
        for channel in channels.values {
            guard let deadline = channel.deadline else { continue }
            least = least.map { min($0, deadline) } ?? deadline
        }
        return least
    }

    mutating func add(
        _ handler: ChannelSubscription.Handler, to name: ChannelName, _ turn: inout RealtimeTurn
    ) {
        if channels[name] == nil { names.append(name) }
        channels[name, default: ChannelSubscription(name)].add(handler, isUp: isUp, &turn)
    }

    /// - Returns: the handler as it was, or nil where there is none.
    @discardableResult
    mutating func remove(
        _ role: ChannelSubscription.Role, from name: ChannelName, _ turn: inout RealtimeTurn
    ) -> ChannelSubscription.Handler? {
        guard let handler = channels[name]?.remove(role) else { return nil }
        guard let channel = channels[name], channel.handlers.isEmpty else { return handler }
        channels[name] = nil
        names.removeAll { $0 == name }
        guard isUp, channel.isHeld else { return handler }
        turn.send(.unsubscribe(turn.nextID(.unsubscribe), name))
        // There is room for one more.
        if let other = names.first(where: { channels[$0]?.isOverCap == true }) {
            channels[other]?.ask(&turn)
        }
        return handler
    }

    /// The program's handlers of a channel.
    func handlers(of name: ChannelName) -> [HandlerID] {
        (channels[name]?.handlers ?? []).compactMap { handler in
            if case .program(let id) = handler.role { id } else { nil }
        }
    }

    /// Whether the server has refused the channel, and it is not asked for again by itself.
    func hasFailed(_ name: ChannelName) -> Bool { channels[name]?.hasFailed == true }

    mutating func up(_ turn: inout RealtimeTurn) {
        isUp = true
        for name in names { channels[name]?.ask(&turn) }
    }

    mutating func down() {
        isUp = false
        for name in names { channels[name]?.down() }
    }

    /// - Returns: a sentence where the server does not answer any more.
    mutating func tick(_ turn: inout RealtimeTurn) -> String? {
        for name in names {
            guard channels[name]?.tick(&turn) != false else {
                return "no answer to the subscribe of \(name)"
            }
        }
        return nil
    }
}

// MARK: - What the server says

extension SubscriptionTable {
    mutating func subscribed(
        _ id: CommandID?, _ name: ChannelName, _ head: StreamPosition, isRecovered: Bool,
        _ message: ServerMessage, _ turn: inout RealtimeTurn
    ) {
        channels[name]?.subscribed(id, head, isRecovered: isRecovered, message, &turn)
    }

    mutating func published(
        _ name: ChannelName, _ offset: Offset, _ end: ServerMessage.RequestEnd?,
        _ message: ServerMessage, _ turn: inout RealtimeTurn
    ) {
        channels[name]?.published(offset, end, message, &turn)
    }

    /// An error with the id of a subscribe; to one that is not current it is ignored.
    mutating func replyRefused(
        _ id: CommandID, _ code: String, _ text: String, _ message: ServerMessage,
        _ turn: inout RealtimeTurn
    ) {
        guard let name = names.first(where: { channels[$0]?.currentID == id }) else { return }
        channels[name]?.replyRefused(code, text, message, &turn)
    }

    /// An error about a channel that answers nothing.
    mutating func withdrawn(
        _ name: ChannelName, _ code: String, _ text: String, _ message: ServerMessage,
        _ turn: inout RealtimeTurn
    ) {
        channels[name]?.withdrawn(code, text, message, &turn)
    }
}
