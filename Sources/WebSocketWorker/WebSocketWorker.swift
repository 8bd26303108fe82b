import Access
import Crypto
import Daemon
import EventLoop
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import WebSockets

/// One WebSocket worker: clients on one side, the hub on the other, no truth of its own.
///
/// Confined to its loop's thread. An iteration reads what clients and the hub sent, frames it once
/// into the ``Outbox``, and writes at its end, once per connection.
public final class WebSocketWorker {
    let loop: EventLoop
    let settings: WebSocketSettings
    let logger: Logger
    let metrics: WorkerMetrics
    let link: HubLink
    let outbox: Outbox
    let policy: HandshakePolicy
    var table = CredentialTable()
    var counts = ConnectionCounts()
    var clients: [UInt64: ClientConnection] = [:]
    var bySlot: [Outbox.Slot: ClientConnection] = [:]
    var byCredential: [CredentialID: [UInt64: ClientConnection]] = [:]
    var expiries = DeadlineQueue<CredentialID, Timestamp>()
    /// Used since the last report.
    var usedCredentials: Set<CredentialID> = []
    var channels: [ChannelIdentity: WorkerChannel] = [:]
    /// Clients that wait for room in their queues: looked at after each flush.
    var attentive: [UInt64: ClientConnection] = [:]
    /// What the clients know of the watched files; nil before the first welcome.
    var generations: Generations?
    var heartbeat: HeartbeatSchedule
    var isDraining = false
    var descriptorWarnings = LogPace()
    var limitReports = LimitReports()
    /// Publications handed out in this iteration.
    var deliveries = 0
    var random = SystemRandomNumberGenerator()

    private var server: WebSocketServer?
    private var watchers: [EndOfIterationWatcher] = []
    var timers: [Timer] = []
    private var writtenBytes = 0
    private let eventPrefix = SecureRandom.identifier()
    private var eventCount: UInt64 = 0
    private var onDrained: (() -> Void)?

    /// nginx passes at most 8 KiB a line and 32 KiB in all; behind it its own headers are added.
    private static let maximumHeadBytes = 40 * 1024
    /// Sockets in their handshake, besides the open ones.
    private static let handshakingSockets = 512
    /// How often ended credentials are looked for; they must close within 1 s.
    private static let expiryInterval: Duration = .milliseconds(250)
    /// How often metrics and used credentials are reported to the hub.
    private static let reportInterval: Duration = .seconds(2)

    /// The sockets that a worker with these settings may have open, handshakes included.
    static func maximumSockets(_ settings: Settings) -> Int {
        settings.webSocket.maximumConnections + handshakingSockets
    }

    /// Makes a worker that neither listens nor has a hub yet.
    ///
    /// - Parameters:
    ///   - hubSocket: the hub's socket, which may come and go.
    ///   - name: such as `ws-1`: socket, unit, log and metrics alike.
    public init(
        loop: EventLoop, settings: Settings, hubSocket: String, name: String, logger: Logger
    ) throws {
        self.loop = loop
        self.settings = settings.webSocket
        self.logger = logger
        metrics = WorkerMetrics(Metrics(process: name))
        policy = HandshakePolicy(http: settings.http, webSocket: settings.webSocket)
        outbox = Outbox(maximumQueueBytes: settings.webSocket.maximumOutboundQueueBytes)
        heartbeat = HeartbeatSchedule(
            interval: settings.webSocket.heartbeatInterval,
            timeout: settings.webSocket.heartbeatTimeout)
        link = HubLink(
            loop: loop, path: hubSocket,
            hello: Hello(role: .webSocketWorker, name: name, processID: getpid()), logger: logger)
        server = try WebSocketServer(
            loop: loop,
            configuration: WebSocketServerConfiguration(
                maximumMessageBytes: settings.webSocket.maximumFrameBytes,
                maximumSockets: Self.maximumSockets(settings),
                maximumHeadBytes: Self.maximumHeadBytes,
                handshakeTimeout: settings.webSocket.handshakeTimeout),
            delegate: self, log: { logger.warning("libwebsockets", metadata: ["line": "\($0)"]) })
    }

    /// Connects to the hub and starts the clock.
    public func start() {
        // Before the link's own: what a flush asks of the hub leaves in the same iteration.
        watchers.append(loop.atEndOfIteration { [weak self] in self?.endIteration() })
        outbox.onOverflow = { [weak self] slot in
            if let self, let client = bySlot[slot] { close(client, .tooSlow) }
        }
        followHub()
        link.start()
        every(heartbeat.slotDuration) { $0.beat() }
        every(Self.expiryInterval) { $0.endExpired() }
        every(Self.reportInterval) { $0.report() }
    }

    public func listen(unixSocket path: String, mode: UInt32) throws {
        try server?.listen(unixSocket: path, mode: mode)
    }

    /// - Returns: the port, which the system chose where `loopbackPort` is 0.
    public func listen(loopbackPort: UInt16) throws -> UInt16 {
        try server?.listen(loopbackPort: loopbackPort) ?? 0
    }

    /// Closes everything at once and leaves the hub; must be called before it is released.
    public func stop() {
        for timer in timers { timer.cancel() }
        server?.close()
        server = nil
        link.stop()
        watchers = []
    }

    func every(_ interval: Duration, _ body: @escaping (WebSocketWorker) -> Void) {
        timers.append(
            loop.schedule(after: interval, repeating: interval) { [weak self] in
                if let self { body(self) }
            })
    }

    private func endIteration() {
        outbox.flush()
        if !attentive.isEmpty { attend() }
        guard deliveries > 0 || outbox.writtenBytes != writtenBytes else { return }
        metrics.iterationEnded(
            deliveries: deliveries, bytes: outbox.writtenBytes - writtenBytes)
        deliveries = 0
        writtenBytes = outbox.writtenBytes
    }

    /// Goes on with clients that waited for room, as long as their sockets take it: nothing else
    /// would wake the loop for them.
    private func attend() {
        repeat {
            for client in attentive.values { proceed(client) }
            guard outbox.hasPending else { return }
            outbox.flush()
        } while !attentive.isEmpty
    }

    private func report() {
        reportLimits()
        let subscriptions = channels.values.reduce(0) { $0 + $1.live.count + $1.behind.count }
        metrics.set(
            connections: counts.all, subscriptions: subscriptions, queueBytes: outbox.queuedBytes)
        guard link.isUp, let snapshot = metrics.metrics.snapshot().json.objectValue else { return }
        link.tell(.stats(snapshot))
        if !usedCredentials.isEmpty { link.tell(.used(usedCredentials.sorted())) }
        usedCredentials = []
    }

    /// A message of the server's own to one client.
    func send(_ message: ControlMessage, to client: ClientConnection) {
        guard !client.isEnding else { return }
        if case .error(let error) = message { metrics.replied(error.code) }
        let text = message.text(at: WallClock.now, eventID: nextEventID())
        outbox.append(text.span, to: client.slot)
    }

    func nextEventID() -> EventID {
        eventCount += 1
        return EventID(stringLiteral: "\(eventPrefix).\(eventCount)")
    }
}

// MARK: - Drain

extension WebSocketWorker {
    /// Takes leave of every client in batches and calls `done` when none is left, or when the time
    /// is over; handshakes are refused from here on.
    public func drain(_ done: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        onDrained = done
        server?.stopListening()
        let plan = DrainPlan(connections: clients.count, drain: settings.drain)
        for client in clients.values {
            let delay = plan.delayMilliseconds(using: &random)
            send(.draining(reconnectInMilliseconds: delay), to: client)
        }
        logger.info("draining", metadata: ["connections": "\(clients.count)"])
        closeBatch(plan)
        every(DrainPlan.interval) { $0.closeBatch(plan) }
        timers.append(
            loop.schedule(after: .milliseconds(Limits.drainMilliseconds) - .milliseconds(1_000)) {
                [weak self] in self?.drained()
            })
        endIfDrained()
    }

    private func closeBatch(_ plan: DrainPlan) {
        for client in clients.values.filter({ !$0.isEnding }).prefix(plan.batch) {
            close(client, .restart)
        }
    }

    func endIfDrained() {
        if isDraining, clients.isEmpty { drained() }
    }

    private func drained() {
        let done = onDrained
        onDrained = nil
        done?()
    }
}
