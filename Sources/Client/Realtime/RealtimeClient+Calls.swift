import Protocol
import Realtime

extension RealtimeClient {
    /// The messages of a channel, for one consumer.
    ///
    /// A consumer that lags more than ``RealtimeOptions/maximumBufferedMessages`` behind costs no
    /// more memory than these: the rest is fetched from the server's history when it has caught up.
    /// - Parameters:
    ///   - position: what came after it is to follow; nil: from now on.
    ///   - recovers: whether it is given what it missed while the connection was lost.
    public func subscribe(
        to channel: ChannelName, since position: StreamPosition? = nil, recovers: Bool = true
    ) -> Subscription {
        let buffer = MessageBuffer(maximum: options.maximumBufferedMessages)
        let id = nextNumber()
        buffers[id] = buffer
        add(id, channel, position, recovers) { [weak self] message in
            guard let self else { return }
            // Handlers are called by the client itself.
            self.assumeIsolated { $0.offer(message, to: id) }
        }
        return Subscription(client: self, listener: Listener(id: id), buffer: buffer)
    }

    /// Hands over the messages of a channel as they come, on the actor: the handler has to return
    /// quickly.
    ///
    /// What it throws is reported as ``RealtimeError/handlerFailed(_:_:)`` and has no other effect.
    @discardableResult
    public func listen(
        to channel: ChannelName, since position: StreamPosition? = nil, recovers: Bool = true,
        _ handler: @escaping Handler
    ) -> Listener {
        let id = nextNumber()
        add(id, channel, position, recovers, handler)
        return Listener(id: id)
    }

    /// Ends one handler; with the last one its channel is left.
    public func dispose(_ listener: Listener) {
        handlers[listener.id] = nil
        buffers.removeValue(forKey: listener.id)?.finish()
        run { $0.dispose(listener.id, at: $1) }
    }

    /// Ends every handler of a channel.
    public func unsubscribe(from channel: ChannelName) {
        for id in machine.handlers(of: channel) { dispose(Listener(id: id)) }
    }

    /// Answers a permission question; waits until the server has acknowledged it, over as many
    /// connections as that takes.
    ///
    /// Ended by ``disconnect()``, not by cancelling the task: the answer is on its way.
    public func respond(_ answer: PermissionResponse) async throws -> AnswerOutcome {
        try await withCheckedThrowingContinuation { continuation in
            respond(answer) { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
    }

    /// The same for a program that does not wait: `settled` is called once, on the actor.
    public func respond(
        _ answer: PermissionResponse,
        settled: @escaping @Sendable (Result<AnswerOutcome, RealtimeError>) -> Void
    ) {
        let call = nextNumber()
        answers[call] = settled
        run { $0.respond(call, answer, at: $1) }
    }

    /// The time of a round trip; throws ``RealtimeError/notConnected`` where there is no connection
    /// or it is lost meanwhile.
    public func ping() async throws -> Duration {
        try await withCheckedThrowingContinuation { continuation in
            ping { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
    }

    /// The same for a program that does not wait: `settled` is called once, on the actor.
    public func ping(settled: @escaping @Sendable (Result<Duration, RealtimeError>) -> Void) {
        let call = nextNumber()
        pings[call] = settled
        run { $0.ping(call, at: $1) }
    }

    /// The consumer of a paused subscription has read everything.
    func resume(_ listener: Listener) { run { $0.resume(listener.id, at: $1) } }

    private func add(
        _ id: HandlerID, _ channel: ChannelName, _ position: StreamPosition?, _ recovers: Bool,
        _ handler: @escaping Handler
    ) {
        handlers[id] = (channel, handler)
        run { $0.subscribe(id, to: channel, since: position, recovers: recovers, at: $1) }
    }

    private func offer(_ message: ChannelMessage, to id: HandlerID) {
        switch buffers[id]?.offer(message) {
        case .taken, nil: break
        case .full: run { $0.pause(id, at: $1) }
        case .abandoned: dispose(Listener(id: id))
        }
    }
}
