import Daemon
import EventLoop
import Glibc
import IPC
import Logging
import Protocol
import Realtime
import System

/// The shell around ``HubCore``: sockets and timers on a loop.
///
/// While an iteration reads, commands only collect in the inbox; at its end they are applied in one
/// transaction, then everything is sent and each peer is flushed once.
package final class HubServer {
    /// The database failed: nothing can be promised, and nothing of the iteration was sent.
    package var onFailure: ((any Error) -> Void)?

    private let core: HubCore
    private let loop: EventLoop
    private var listeners: [IPCListener] = []
    private var connections: [PeerID: IPCConnection] = [:]
    /// How many came in through each door and are here.
    private var present: [Door: Int] = [:]
    private var nextPeer: UInt64 = 1
    private var inbox: [HubCommand] = []
    private var dirty: Set<PeerID> = []
    private var endOfIteration: EndOfIterationWatcher?
    private var alarm: Timer?
    private var alarmAt: Duration?

    /// 512 processes a door: whoever is behind one cannot take the descriptors that the others need.
    private static let maximumPeersPerDoor = 512

    /// Listens at once.
    package init(
        loop: EventLoop, core: HubCore, _ doorways: [Doorway]
    ) throws(UnixSocketError) {
        self.loop = loop
        self.core = core
        for doorway in doorways { listeners.append(try listen(doorway)) }
        endOfIteration = loop.atEndOfIteration { [weak self] in self?.finishIteration() }
    }

    private func listen(_ doorway: Doorway) throws(UnixSocketError) -> IPCListener {
        let listener = try IPCListener(
            loop: loop, door: doorway.door, path: doorway.path,
            trustedUsers: doorway.trustedUsers, mode: doorway.mode,
            maximumQueueBytes: core.settings.hub.maximumPeerQueueBytes)
        listener.onPeer = { [weak self] hello, connection in self?.admit(hello, connection) }
        listener.onRefusal = { [weak self] in self?.refused($0, at: doorway.door) }
        return listener
    }

    private func refused(_ reason: IPCEnd, at door: Door) {
        core.metrics.ended(reason)
        core.logger.warning(
            "connection refused", metadata: ["door": "\(door.rawValue)", "reason": "\(reason)"])
    }

    /// Puts a command of the hub's own into the inbox of this iteration.
    package func submit(_ task: HubTask) { inbox.append(.task(task)) }

    /// Stops listening, applies what has been read and what `last` adds, sends it all, and lets the
    /// peers go.
    package func close(_ last: HubTask) {
        for listener in listeners { listener.close() }
        inbox.append(.task(last))
        finishIteration()
        endOfIteration?.cancel()
        alarm?.cancel()
        for connection in connections.values {
            connection.onMessage = nil
            connection.onEnd = nil
            connection.close()
        }
        connections = [:]
    }

    private func admit(_ hello: Hello, _ connection: IPCConnection) {
        let door = hello.role.door
        guard present[door, default: 0] < Self.maximumPeersPerDoor else {
            core.metrics.reached(limit: "ipc.maximumPeersPerDoor")
            let reason = IPCEnd.tooManyPeers(door, maximum: Self.maximumPeersPerDoor)
            connection.close(reason)
            return refused(reason, at: door)
        }
        present[door, default: 0] += 1
        let id = PeerID(nextPeer)
        nextPeer += 1
        connections[id] = connection
        connection.onMessage = { [weak self] envelope in self?.received(envelope, from: id) }
        connection.onEnd = { [weak self] reason in
            self?.connections[id] = nil
            self?.present[door, default: 1] -= 1
            self?.inbox.append(.left(id, reason))
        }
        inbox.append(.arrived(id, hello, process: connection.peerProcess))
    }

    private func received(_ envelope: Envelope, from id: PeerID) {
        do throws(WireError) {
            inbox.append(.message(id, try PeerMessage(envelope)))
        } catch {
            connections[id]?.close(.malformed(error))
        }
    }

    /// Sending may end a connection, which is one more command: so until nothing is left.
    private func finishIteration() {
        while !inbox.isEmpty {
            let commands = inbox
            inbox = []
            let now = WallClock.now
            do {
                perform(try core.apply(commands, now: now, clock: loop.now))
            } catch {
                inbox = []
                onFailure?(error)
                return
            }
            for id in dirty { connections[id]?.flush() }
            dirty.removeAll(keepingCapacity: true)
        }
        core.metrics.queueBytes.set(connections.values.reduce(0) { $0 + Int64($1.queuedBytes) })
        setAlarm()
    }

    private func perform(_ outbox: Outbox) {
        for effect in outbox.effects {
            switch effect {
            case .send(let message, let peer):
                send(message, to: [peer])
            case .broadcast(let message, let peers):
                send(message, to: peers)
            case .close(let peer, let reason):
                connections[peer]?.close(reason)
            case .start(let work):
                work()
            }
        }
    }

    private func send(_ message: HubMessage, to peers: [PeerID]) {
        guard let bytes = message.envelope.encoded() ?? Self.refusal(for: message) else {
            core.logger.error("a push was too large and was left out")
            return
        }
        for peer in peers {
            guard let connection = connections[peer] else { continue }
            connection.send(encoded: bytes)
            dirty.insert(peer)
            core.metrics.framesSent.add()
        }
    }

    /// What an answer that is too large becomes.
    private static func refusal(for message: HubMessage) -> [UInt8]? {
        switch message {
        case .result(let request, _), .resultText(let request, _), .subscribed(let request, _, _),
            .page(let request, _), .refused(let request, _):
            let error = OperationError(
                .payloadTooLarge, "the answer is too large; ask for fewer items with limit")
            return HubMessage.refused(request, error).envelope.encoded()
        case .welcome, .credentials, .delivery, .withdrawn, .announcement, .agent:
            return nil
        }
    }

    /// Keeps one timer at the earliest alarm of the core.
    private func setAlarm() {
        guard core.alarms.next != alarmAt else { return }
        alarm?.cancel()
        alarmAt = core.alarms.next
        guard let moment = alarmAt else { return }
        alarm = loop.schedule(after: max(.zero, moment - loop.now)) { [weak self] in
            self?.alarmAt = nil
            self?.inbox.append(.alarm)
        }
    }
}
