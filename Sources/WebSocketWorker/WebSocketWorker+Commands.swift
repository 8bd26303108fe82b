import IPC
import JSON
import Protocol
import Realtime

// What commands lead to: the effects of the connections' state machines.
extension WebSocketWorker {
    /// Does whatever a client's commands and pages allow at the moment.
    func proceed(_ client: ClientConnection) {
        handOut(client)
        while !client.isEnding, let action = client.machine.next(hasRoom: hasRoom(client)) {
            perform(action, client)
        }
        let isWaiting = client.machine.waitsForRoom || !client.catchUps.isEmpty
        attentive[client.socket.id] = isWaiting && !client.isEnding ? client : nil
    }

    /// Room for a first page: the queue is half empty, and no other page is in hand.
    private func hasRoom(_ client: ClientConnection) -> Bool {
        isQueueLow(client) && !client.isRecovering
    }

    private func isQueueLow(_ client: ClientConnection) -> Bool {
        outbox.waitingBytes(for: client.slot) < settings.maximumOutboundQueueBytes / 2
    }

    private func perform(_ action: ConnectionStateMachine.Action, _ client: ClientConnection) {
        switch action {
        case .reply(let message): send(message, to: client)
        case .leave(let name, let reply):
            leave(client.identity(of: name), client)
            send(reply, to: client)
        case .subscribe(let name, let since): subscribe(client, name, since)
        case .answerPermission(let session, let request, let allowed, let alwaysAllow):
            let parameters: JSONObject = [
                "id": .string(session.text), "requestId": .string(request.text),
                "allowed": .bool(allowed), "alwaysAllow": .bool(alwaysAllow),
            ]
            answerPermission(client, parameters)
        case .pauseReading: client.socket.pauseReading()
        case .resumeReading: client.socket.resumeReading()
        }
    }

    private func subscribe(
        _ client: ClientConnection, _ name: ChannelName, _ since: StreamPosition?
    ) {
        let identity = client.identity(of: name)
        let channel = channels[identity] ?? WorkerChannel(name, of: client.principal.teamID)
        channels[identity] = channel
        channel.openRequests += 1
        let credential = client.principal.credentialID
        link.request({ .subscribe($0, credential, identity, since: since) }) { [weak self] answer in
            guard let self else { return }
            channel.openRequests -= 1
            if !client.isEnding { subscribeAnswered(answer, client, channel, since) }
            releaseIfIdle(channel)
            if !client.isEnding { proceed(client) }
        }
    }

    private func subscribeAnswered(
        _ answer: HubLink.Answer, _ client: ClientConnection, _ channel: WorkerChannel,
        _ since: StreamPosition?
    ) {
        switch answer {
        case .answered(.subscribed(_, let joined, let page)):
            let isConsistent = channel.joined(at: joined.head)
            switch client.machine.subscribeAnswered(joined) {
            case .held(let reply): send(reply, to: client)
            case .new(let reply):
                send(reply, to: client)
                let start = joined.isRecovered ? since ?? joined.head : joined.head
                attach(client, to: channel, from: start, page)
            }
            if !isConsistent { resume(channel) }
        case .refused(let error):
            let code = HubRefusal.ofSubscribe(error.code)
            refuseSubscribe(client, code, error.message, endsHeld: code == .channelForbidden)
        case .unsent, .lost:
            refuseSubscribe(client, .channelUnavailable, HubRefusal.lost, endsHeld: false)
        case .answered:
            refuseSubscribe(
                client, .internalError, "the hub's answer was none to a subscribe",
                endsHeld: false)
        }
    }

    private func refuseSubscribe(
        _ client: ClientConnection, _ code: ErrorCode, _ message: String, endsHeld: Bool
    ) {
        let (reply, left) = client.machine.subscribeRefused(code, message, endsHeld: endsHeld)
        if let left { leave(client.identity(of: left), client) }
        send(reply, to: client)
    }

    private func answerPermission(_ client: ClientConnection, _ parameters: JSONObject) {
        let credential = client.principal.credentialID
        link.request({ .call($0, credential, .answerPermission, parameters) }) {
            [weak self] answer in
            guard let self, !client.isEnding else { return }
            let refusal: (code: ErrorCode, message: String)? =
                switch answer {
                case .answered: nil
                case .refused(let error): (HubRefusal.ofPermission(error.code), error.message)
                case .unsent: (.channelUnavailable, HubRefusal.unsent)
                case .lost: (.channelUnavailable, HubRefusal.lost)
                }
            if let reply = client.machine.permissionAnswered(refusal) { send(reply, to: client) }
            proceed(client)
        }
    }
}
