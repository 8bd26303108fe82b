import IPC
import Protocol
import Realtime

// Who gets what of a channel: joining, catching up, live deliveries, leaving, and joining again.
extension WebSocketWorker {
    /// A subscription begins behind `start`, with the first page of what comes after it.
    func attach(
        _ client: ClientConnection, to channel: WorkerChannel, from start: StreamPosition,
        _ page: Page
    ) {
        if page.items.isEmpty, channel.livePosition == start {
            channel.addLive(client.slot)
        } else {
            channel.addBehind(client.slot)
            client.catchUp(channel.identity, from: start, page)
            handOut(client)
        }
    }

    /// Fills the client's queue from the pages of its subscriptions that are behind, up to half.
    func handOut(_ client: ClientConnection) {
        while !client.isEnding, !client.catchUps.isEmpty,
            outbox.waitingBytes(for: client.slot) < settings.maximumOutboundQueueBytes / 2
        {
            if let busy = client.catchUps.firstIndex(where: { $0.isBusy }) {
                client.catchUps.swapAt(0, busy)
            } else if client.machine.waitsForRoom || client.machine.isSubscribing {
                // One page at a time, and a subscribe goes before the next page.
                return
            }
            guard takeStep(client) else { return }
        }
    }

    /// - Returns: whether there may be another step at once.
    private func takeStep(_ client: ClientConnection) -> Bool {
        let identity = client.catchUps[0].channel
        switch client.catchUps[0].next(head: channels[identity]?.livePosition) {
        case .deliver(let range):
            outbox.append(client.catchUps[0].texts.span.extracting(range), to: client.slot)
            deliveries += 1
            // After each page it's the next one's turn.
            if !client.catchUps[0].isBusy { client.catchUps.append(client.catchUps.removeFirst()) }
            return true
        case .caughtUp:
            client.catchUps.removeFirst()
            channels[identity]?.addLive(client.slot)
            return true
        case .read(let since):
            read(client, identity, since)
            return false
        case .wait:
            // Others may be able to go on: this one's turn comes again.
            client.catchUps.append(client.catchUps.removeFirst())
            return false
        case .lost:
            logger.error(
                "recovered publications have a gap", metadata: ["channel": "\(identity.name)"])
            close(client, .restart)
            return false
        }
    }

    private func read(
        _ client: ClientConnection, _ identity: ChannelIdentity, _ since: StreamPosition
    ) {
        let credential = client.principal.credentialID
        let id = client.catchUps[0].id
        link.request({ .read($0, credential, identity, since: since) }) { [weak self] answer in
            guard let self, !client.isEnding,
                let index = client.catchUps.firstIndex(where: { $0.id == id })
            else { return }
            switch answer {
            case .answered(.page(_, let page)): client.catchUps[index].received(page)
            case .refused(let error) where HubRefusal.ofSubscribe(error.code) == .channelForbidden:
                withdraw(identity.name, from: client)
            case .unsent, .lost: client.catchUps[index].readWasLost()
            case .answered, .refused:
                // The history was trimmed under it: only a fresh subscribe tells the truth.
                close(client, .restart)
            }
            proceed(client)
        }
    }

    /// A publication of the hub for everybody who is live.
    func deliver(_ identity: ChannelIdentity, _ offset: Offset, _ text: [UInt8]) {
        guard let channel = channels[identity] else { return }
        switch channel.receive(offset) {
        case .deliver:
            outbox.append(text.span, to: channel.live)
            deliveries += channel.live.count
        case .skip: break
        case .lost: resume(channel)
        }
    }

    /// The client is out of the channel at once.
    func leave(_ identity: ChannelIdentity, _ client: ClientConnection) {
        client.catchUps.removeAll { $0.channel == identity }
        guard let channel = channels[identity] else { return }
        channel.remove(client.slot)
        releaseIfIdle(channel)
    }

    /// The last subscriber is gone: the hub need not deliver any more.
    func releaseIfIdle(_ channel: WorkerChannel) {
        guard channel.isIdle, channels[channel.identity] === channel else { return }
        channels[channel.identity] = nil
        if channel.link == .joined { link.tell(.release(channel.identity)) }
    }

    /// The channel is gone with what it was about.
    func withdraw(_ identity: ChannelIdentity) {
        guard let channel = channels[identity] else { return }
        channel.link = .apart
        for slot in channel.subscribers {
            if let client = bySlot[slot] { withdraw(channel.name, from: client) }
        }
        releaseIfIdle(channel)
    }

    private func withdraw(_ name: ChannelName, from client: ClientConnection) {
        guard client.machine.withdrawn(name) else { return }
        leave(client.identity(of: name), client)
        let error = CommandError(
            .channelForbidden, "the channel \(name) is not one of your team's any more",
            channel: name.description)
        send(.error(error), to: client)
    }
}

// MARK: - After a loss

extension WebSocketWorker {
    /// Joins again from what the live subscribers have.
    func resume(_ channel: WorkerChannel) {
        guard channel.link != .resuming, let since = channel.position else { return }
        channel.link = .resuming
        channel.openRequests += 1
        let (identity, team) = (channel.identity, channel.team)
        link.request({ .resume($0, team, identity, since: since) }) { [weak self] answer in
            guard let self else { return }
            channel.openRequests -= 1
            resumeAnswered(answer, channel)
            releaseIfIdle(channel)
        }
    }

    private func resumeAnswered(_ answer: HubLink.Answer, _ channel: WorkerChannel) {
        switch answer {
        case .answered(.subscribed(_, let joined, let page)):
            channel.link = .joined
            guard joined.isRecovered, deliver(page, to: channel) else {
                return endSubscribers(of: channel)
            }
            if channel.position != joined.head { goOnAlone(channel, joined.head) }
            for slot in channel.behind { if let client = bySlot[slot] { proceed(client) } }
        case .refused(let error) where HubRefusal.ofSubscribe(error.code) == .channelForbidden:
            withdraw(channel.identity)
        case .unsent, .lost: channel.link = .apart
        case .answered, .refused:
            channel.link = .apart
            endSubscribers(of: channel)
        }
    }

    /// - Returns: false where the page does not join what was delivered before.
    private func deliver(_ page: Page, to channel: WorkerChannel) -> Bool {
        guard let epoch = channel.position?.epoch else { return false }
        var start = 0
        for item in page.items {
            let text = page.texts.span.extracting(start..<(start + item.bytes))
            start += item.bytes
            switch channel.receive(StreamPosition(epoch: epoch, offset: item.offset)) {
            case .deliver:
                outbox.append(text, to: channel.live)
                deliveries += channel.live.count
            case .skip: continue
            case .lost: return false
            }
        }
        return true
    }

    /// More was missed than a page holds: each live subscriber reads the rest at its own pace.
    private func goOnAlone(_ channel: WorkerChannel, _ head: StreamPosition) {
        guard let (slots, position) = channel.leaveBehind(joinedAt: head) else { return }
        for slot in slots {
            guard let client = bySlot[slot] else { continue }
            client.catchUp(channel.identity, from: position)
        }
    }

    /// What was missed cannot be recovered here: the clients begin again from their own positions.
    private func endSubscribers(of channel: WorkerChannel) {
        logger.warning(
            "a channel could not be resumed", metadata: ["channel": "\(channel.name)"])
        for slot in channel.subscribers {
            if let client = bySlot[slot] { close(client, .restart) }
        }
    }
}
