import JSON
import Protocol

extension RemoteClient {
    /// Subscribes over `/ws` and hands over what is published, until the process ends or the server
    /// says not to come back.
    ///
    /// Blocks. Once it was connected it comes back by itself; before, it fails.
    public func listen(
        _ targets: [ListenTarget], _ hear: (ListenEvent) -> Void
    ) throws(ClientError) {
        let news = Handover<Result<ListenEvent, ClientError>>()
        let client = RealtimeClient(options, over: LibWebSocketsTransport())
        let following = Task { await RemoteClient.follow(client, targets, news) }
        defer {
            following.cancel()
            news.close()
        }
        while true {
            switch news.take() {
            case .success(let event): hear(event)
            case .failure(let error): throw error
            }
        }
    }

    private var options: RealtimeOptions {
        var options = RealtimeOptions(
            url: (origin.hasPrefix("https://") ? "wss://" + origin.dropFirst(8) : origin) + "/ws")
        options.headers = [("x-api-key", key)]
        options.caFile = trust.caFile
        return options
    }

    /// Each channel at its own pace: one that nobody takes from slows none of the others down.
    private static func follow(
        _ client: RealtimeClient, _ targets: [ListenTarget],
        _ news: Handover<Result<ListenEvent, ClientError>>
    ) async {
        let states = await client.states()
        let events = await client.events()
        var subscriptions: [(ListenTarget, Subscription)] = []
        for target in targets {
            let subscription = await client.subscribe(to: target.channel, since: target.since)
            subscriptions.append((target, subscription))
        }
        await client.connect()
        await withTaskGroup { group in
            group.addTask { for await state in states { await tell(state, to: news) } }
            group.addTask {
                for await event in events {
                    guard case .message(let text) = event, text.isConfigChanged else { continue }
                    await news.offer(.success(.message(text)))
                }
            }
            for (target, subscription) in subscriptions {
                group.addTask {
                    for await message in subscription {
                        await news.offer(Self.heard(message, target))
                    }
                }
            }
        }
    }

    private static func heard(
        _ message: ChannelMessage, _ target: ListenTarget
    ) -> Result<ListenEvent, ClientError> {
        switch message {
        case .subscribed(let joined):
            .success(
                .joined(
                    target.channel, joined.position, isGap: joined.isGap,
                    snapshot: joined.snapshot))
        case .publication(let published): .success(.message(published.text))
        case .error(let failure) where failure.willRetry:
            .success(.interrupted("\(target.channel): \(failure.message) (\(failure.code))"))
        case .error(let failure):
            .failure(
                .refused(
                    OperationError(
                        ErrorCode(rawValue: failure.code) ?? .internalError, failure.message)))
        }
    }

    private static func tell(
        _ state: ConnectionState, to news: Handover<Result<ListenEvent, ClientError>>
    ) async {
        let message = state.message ?? ""
        switch (state.phase, state.reason) {
        case (.reconnecting, let reason?):
            let code = state.code.map { "closed with \($0) \(message)" }
            let isCut = state.code == nil || state.code == 1006
            let words = isCut && reason == .lost ? "the connection was lost" : code ?? message
            await news.offer(.success(.interrupted(words)))
        // The first connection did not come to be.
        case (.connecting, .some), (.disconnected, .some):
            await news.offer(.failure(Self.error(state)))
        default: break
        }
    }

    private static func error(_ state: ConnectionState) -> ClientError {
        if let failure = state.failure { return ClientError(failure) }
        if let code = state.code { return .closed(code: code, reason: state.message ?? "") }
        return .unreachable(TransportFailure(description: state.message ?? "no answer"))
    }
}

extension [UInt8] {
    /// Of a message that every connection gets once: it is on no channel.
    fileprivate var isConfigChanged: Bool {
        // Most messages are something else, and are not parsed to see it.
        firstRange(of: Array("\"config_changed\"".utf8)) != nil
            // What is no JSON is no message of this server.
            && (try? JSONValue(parsing: self))?["type"] == "config_changed"
    }
}
