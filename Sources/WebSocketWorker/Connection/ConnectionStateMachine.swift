import Protocol
import Realtime

/// The commands of one connection, in the order sent, and what it is subscribed to.
///
/// One command at a time is with the hub; whatever comes after it waits, also what needs no hub, so
/// that effects and replies keep the client's order and the cap cannot be passed by two subscribes
/// in flight. Pure: ``next(hasRoom:)`` says what to do.
package struct ConnectionStateMachine {
    /// One step for the shell.
    package enum Action: Equatable {
        case reply(ControlMessage)
        /// Ask the hub, then call `subscribeAnswered`, `subscribeRefused`.
        case subscribe(ChannelName, since: StreamPosition?)
        /// The subscription is gone: deliver nothing more of it, then reply.
        case leave(ChannelName, ControlMessage)
        /// Ask the hub, then call `permissionAnswered`.
        case answerPermission(
            SessionID, PermissionRequestID, allowed: Bool, alwaysAllow: Bool)
        /// Too many commands wait: read no more from this client, until told so.
        case pauseReading
        case resumeReading
    }

    /// What a subscribe led to.
    package enum Subscribed: Equatable {
        /// A new subscription, from this position on.
        case new(ControlMessage)
        /// It was held already and goes on as it was.
        case held(ControlMessage)
    }

    private enum Waiting {
        case command(ClientCommand)
        case refused(CommandError)
    }

    private enum InFlight {
        case subscribe(ChannelName, since: StreamPosition?, id: String?)
        case permission(SessionID, id: String?)
    }

    /// Beyond this many waiting commands the client is not read from: the hub is slower than it.
    package static let maximumWaiting = 64

    /// The held channels, each with the position that its subscription began at.
    package private(set) var subscriptions: [ChannelName: StreamPosition] = [:]

    private let maximumSubscriptions: Int
    private var waiting: [Waiting] = []
    private var inFlight: InFlight?
    private var isPaused = false

    package init(maximumSubscriptions: Int) {
        self.maximumSubscriptions = maximumSubscriptions
    }

    /// Whether a subscribe is with the hub.
    package var isSubscribing: Bool {
        if case .subscribe? = inFlight { true } else { false }
    }

    /// Whether the next command is a subscribe that only waits for room.
    package var waitsForRoom: Bool {
        if inFlight == nil, case .command(let command)? = waiting.first,
            case .subscribe = command.action
        {
            true
        } else {
            false
        }
    }

    /// A message came in; its turn comes with ``next(hasRoom:)``.
    package mutating func received(_ command: Result<ClientCommand, CommandError>) {
        switch command {
        case .success(let command): waiting.append(.command(command))
        case .failure(let error): waiting.append(.refused(error))
        }
    }

    /// The next step, until nil.
    ///
    /// - Parameter hasRoom: whether the connection can take a first page of missed publications.
    package mutating func next(hasRoom: Bool) -> Action? {
        if !isPaused, waiting.count >= Self.maximumWaiting {
            isPaused = true
            return .pauseReading
        }
        if isPaused, waiting.count <= Self.maximumWaiting / 2 {
            isPaused = false
            return .resumeReading
        }
        guard inFlight == nil, let first = waiting.first else { return nil }
        switch first {
        case .refused(let error):
            waiting.removeFirst()
            return .reply(.error(error))
        case .command(let command):
            if case .subscribe = command.action, !hasRoom { return nil }
            waiting.removeFirst()
            return begin(command)
        }
    }

    private mutating func begin(_ command: ClientCommand) -> Action {
        switch command.action {
        case .ping:
            return .reply(.pong(id: command.id))
        case .unsubscribe(let channel):
            let removed = subscriptions.removeValue(forKey: channel) != nil
            return .leave(channel, .unsubscribed(channel, removed: removed, id: command.id))
        case .subscribe(let channel, let since):
            let isHeld = subscriptions[channel] != nil
            guard isHeld || subscriptions.count < maximumSubscriptions else {
                return .reply(.error(tooManySubscriptions(channel, command.id)))
            }
            inFlight = .subscribe(channel, since: since, id: command.id)
            return .subscribe(channel, since: isHeld ? nil : since)
        case .answerPermission(let session, let request, let allowed, let alwaysAllow):
            inFlight = .permission(session, id: command.id)
            return .answerPermission(session, request, allowed: allowed, alwaysAllow: alwaysAllow)
        }
    }

    private func tooManySubscriptions(_ channel: ChannelName, _ id: String?) -> CommandError {
        CommandError(
            .maximumSubscriptionsReached,
            "this connection holds \(maximumSubscriptions) subscriptions, which is the limit;"
                + " unsubscribe from one, or open another connection",
            id: id, channel: channel.description)
    }
}

// MARK: - The hub's answers

extension ConnectionStateMachine {
    /// The hub let the pending subscribe in.
    ///
    /// A held subscription is not moved by another subscribe. Its `recovered` says the truth about
    /// `since` all the same: everything behind it has come, or will come, on this connection.
    package mutating func subscribeAnswered(_ joined: Joined) -> Subscribed {
        guard case .subscribe(let channel, let since, let id)? = inFlight else {
            preconditionFailure("an answer to a subscribe that was not asked")
        }
        inFlight = nil
        if let start = subscriptions[channel] {
            let isRecovered =
                since.map {
                    $0.epoch == joined.head.epoch && $0.epoch == start.epoch
                        && ($0.offset >= start.offset && $0.offset <= joined.head.offset)
                } ?? false
            return .held(
                .subscribed(
                    channel, head: joined.head, recovered: isRecovered, snapshot: joined.snapshot,
                    id: id))
        }
        subscriptions[channel] = joined.isRecovered ? since ?? joined.head : joined.head
        return .new(
            .subscribed(
                channel, head: joined.head, recovered: joined.isRecovered,
                snapshot: joined.snapshot, id: id))
    }

    /// The hub refused the pending subscribe, or could not be asked.
    ///
    /// - Parameter endsHeld: the refusal is about the channel, and holds for a subscription that is
    ///   held already too.
    /// - Returns: the reply, and the channel that has to be left.
    package mutating func subscribeRefused(
        _ code: ErrorCode, _ message: String, endsHeld: Bool
    ) -> (reply: ControlMessage, left: ChannelName?) {
        guard case .subscribe(let channel, _, let id)? = inFlight else {
            preconditionFailure("an answer to a subscribe that was not asked")
        }
        inFlight = nil
        let left = endsHeld && subscriptions.removeValue(forKey: channel) != nil
        let error = CommandError(code, message, id: id, channel: channel.description)
        return (.error(error), left ? channel : nil)
    }

    /// The hub took the pending answer (nil; everybody hears of it on the channel) or refused it.
    package mutating func permissionAnswered(
        _ refusal: (code: ErrorCode, message: String)?
    ) -> ControlMessage? {
        guard case .permission(let session, let id)? = inFlight else {
            preconditionFailure("an answer to a permission response that was not sent")
        }
        inFlight = nil
        guard let refusal else { return nil }
        let channel = ChannelName.session(session).description
        return .error(CommandError(refusal.code, refusal.message, id: id, channel: channel))
    }

    /// The channel is not the client's any more.
    ///
    /// - Returns: whether it was held.
    package mutating func withdrawn(_ channel: ChannelName) -> Bool {
        subscriptions.removeValue(forKey: channel) != nil
    }
}
