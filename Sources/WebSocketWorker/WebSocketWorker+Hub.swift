import Daemon
import IPC
import Protocol
import Realtime

// What the hub says unasked.
extension WebSocketWorker {
    func followHub() {
        link.onUp = { [weak self] welcome in self?.hubIsUp(welcome) }
        link.onDown = { [weak self] reason in self?.hubWasLost(reason) }
        link.onPush = { [weak self] message in self?.received(message) }
    }

    /// Open connections stay: their channels go on from where their clients are.
    private func hubIsUp(_ welcome: Welcome) {
        announceMissed(welcome.generations)
        for channel in Array(channels.values) where channel.link == .apart { resume(channel) }
    }

    private func hubWasLost(_ reason: IPCEnd) {
        table.hubWasLost()
        for channel in channels.values { channel.link = .apart }
        metrics.linkEnded(reason.label)
    }

    private func received(_ message: HubMessage) {
        switch message {
        case .delivery(let identity, let offset, let text): deliver(identity, offset, text)
        case .credentials(let update): changeCredentials(update)
        case .withdrawn(let identity): withdraw(identity)
        case .announcement(let generations, let text): announce(generations, text)
        case .welcome, .subscribed, .page, .result, .resultText, .refused, .agent: break
        }
    }

    private func changeCredentials(_ update: CredentialUpdate) {
        for removal in table.apply(update) { end(removal.id, removal.closeCode) }
        for credential in byCredential.keys {
            guard let row = table[credential] else { continue }
            if let expiry = row.expiresAt {
                expiries.schedule(credential, at: expiry)
            } else {
                expiries.cancel(credential)
            }
        }
    }

    /// Every open connection hears once of each change, subscribed to something or not.
    private func announce(_ next: Generations, _ text: [UInt8]) {
        guard let known = generations, next.config > known.config || next.theme > known.theme
        else {
            generations = generations ?? next
            return
        }
        generations = next
        sendToAll(text)
    }

    /// After a reconnect: what changed while the hub could not say so, also where its database went
    /// back in time and counts from before.
    private func announceMissed(_ next: Generations) {
        defer { generations = next }
        guard let known = generations else { return }
        for file in WatchedFile.allCases where next[file] != known[file] {
            sendToAll(
                ControlMessage.configChanged(file).text(
                    at: WallClock.now, eventID: nextEventID()))
        }
    }

    private func sendToAll(_ text: [UInt8]) {
        let slots = clients.values.filter { !$0.isEnding }.map(\.slot)
        outbox.append(text.span, to: ContiguousArray(slots))
    }
}
