import Glibc
import JSON
import Protocol
import Realtime

extension RemoteClient {
    /// Subscribes over one WebSocket and hands over what is published, until the process ends or
    /// the server says not to come back.
    ///
    /// Blocks.
    public func listen(
        _ targets: [ListenTarget], _ hear: (ListenEvent) -> Void
    ) throws(ClientError) {
        var positions = ListenPositions(targets)
        var backoff = Backoff(first: .milliseconds(500), maximum: .seconds(30))
        var random = SystemRandomNumberGenerator()
        var wasConnected = false
        while true {
            let reason: String
            do throws(ClientError) {
                let socket = try ClientWebSocket(origin: origin, key: key, trust: trust)
                backoff.reset()
                wasConnected = true
                reason = try serve(socket, targets.map(\.channel), &positions, hear)
            } catch {
                guard wasConnected, error.isTransient else { throw error }
                reason = "\(error)"
            }
            hear(.interrupted(reason))
            usleep(useconds_t(backoff.next(using: &random).wholeMilliseconds) * 1_000)
        }
    }

    /// One connection's life; answers why it ended where coming back makes sense.
    private func serve(
        _ socket: ClientWebSocket, _ channels: [ChannelName], _ positions: inout ListenPositions,
        _ hear: (ListenEvent) -> Void
    ) throws(ClientError) -> String {
        for channel in channels { socket.send(Self.subscribe(channel, positions[channel])) }
        var silence: Duration = .zero
        let step: Duration = .seconds(5)
        while silence < .milliseconds(Limits.heartbeatTimeoutMilliseconds * 2) {
            switch socket.receive(timeout: step) {
            case nil:
                // The server's own pings are answered unseen: this asks for something to see.
                silence += step
                socket.send(Array(#"{"type":"ping"}"#.utf8))
            case .message(let text):
                silence = .zero
                try heard(text, &positions, hear)
            case .closed(let code, let words):
                let duty = CloseCode(rawValue: code)?.duty ?? .reconnectWithBackoff
                guard duty != .signInFirst, duty != .doNotReconnect else {
                    throw .closed(code: code, reason: words)
                }
                return "closed with \(code) \(words)"
            case .lost: return "the connection was lost"
            }
        }
        return "the server is silent"
    }

    private func heard(
        _ text: [UInt8], _ positions: inout ListenPositions, _ hear: (ListenEvent) -> Void
    ) throws(ClientError) {
        // What is no JSON is no message of this server, and is left out.
        guard let message = try? JSONValue(parsing: text),
            let type = message["type"]?.stringValue
        else { return }
        let name = message["channel"]?.stringValue ?? message["payload"]?["channel"]?.stringValue
        // A name that cannot be read is on no list of ours.
        let channel = name.flatMap { try? ChannelName(parsing: $0) }
        switch (ControlType(rawValue: type), channel) {
        case (.subscribed, let channel?):
            joined(channel, message["payload"] ?? .null, &positions, hear)
        case (.error, _) where message["payload"]?["code"] != nil:
            let code = message["payload"]?["code"]?.stringValue.flatMap { ErrorCode(rawValue: $0) }
            let words = message["payload"]?["message"]?.stringValue ?? ""
            throw .refused(OperationError(code ?? .internalError, words))
        case (.configChanged, _): hear(.message(text))
        case (nil, let channel?), (.error, let channel?):
            guard let offset = message["offset"]?.integerValue,
                positions.take(channel, offset)
            else { return }
            hear(.message(text))
        default: break
        }
    }

    private func joined(
        _ channel: ChannelName, _ payload: JSONValue, _ positions: inout ListenPositions,
        _ hear: (ListenEvent) -> Void
    ) {
        guard let word = payload["epoch"]?.stringValue,
            let epoch = try? Epoch(parsing: word),  // of another form: not one of this server
            let offset = payload["offset"]?.integerValue
        else { return }
        let head = StreamPosition(epoch: epoch, offset: offset)
        let isRecovered = payload["recovered"]?.boolValue == true
        let isGap = positions[channel] != nil && !isRecovered
        if !isRecovered { positions.joined(channel, at: head) }
        hear(.joined(channel, head, isGap: isGap, snapshot: payload["snapshot"]))
    }

    private static func subscribe(_ channel: ChannelName, _ since: StreamPosition?) -> [UInt8] {
        var command: JSONObject = ["type": "subscribe", "channel": .string(channel.description)]
        if let since {
            command["since"] = [
                "epoch": .string(since.epoch.text), "offset": .integer(since.offset),
            ]
        }
        return JSONValue.object(command).encoded()
    }
}

extension ClientError {
    /// Whether the same may work a moment later.
    public var isTransient: Bool {
        switch self {
        case .transport, .unreachable, .linkLost, .unexpectedAnswer, .hubUnreachable: true
        case .refused(let error): error.code.httpStatus >= 500 || error.code == .rateLimited
        case .localOnly, .invalid, .closed: false
        }
    }
}
