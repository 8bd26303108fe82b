import Crypto
import Daemon
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Store

/// The hub without its sockets: commands in, one transaction, effects out.
///
/// Confined to the loop's thread. ``apply(_:now:clock:)`` is the whole of an iteration; the shell
/// (``HubServer``) collects the commands before and performs the effects after it.
package final class HubCore {
    package internal(set) var settings: Settings
    package let environment: [String: String]
    package let paths: Paths
    package let metrics: HubMetrics
    package let logger: Logger
    package let alarms = Alarms()
    package let peers = Peers()
    package let credentials: Credentials
    package let channels: Channels
    package let operations = OperationRegistry()
    /// Filled in by the sessions' half of the hub.
    package var sessions = SessionSeam()
    /// The same for the runs of agent workers.
    package var runs = RunSeam()
    package private(set) lazy var logins = Logins(core: self)
    /// Threads for work that blocks.
    package let desks: Desks
    private(set) lazy var reads = ReadDesk(
        desk: desks.reads, reader: reader, metrics: metrics, logger: logger,
        settings: { [unowned self] in settings.hub },
        isWanted: { [unowned self] reply in peers[reply.peer] != nil })
    /// How often each watched file changed.
    var generations = Generations(config: 0, theme: 0)
    /// Digests of contents that were found invalid, so that each is logged once.
    var refusedContent: [WatchedFile: String] = [:]
    /// The last valid content of `theme.json`.
    var theme: JSONValue = [:]

    /// Told of each commit with publications before its effects leave; see ``HubContinuity``.
    var onCommit: (_ sequence: Int64) throws -> Void = { _ in }

    package let store: Store
    /// Why the store takes no writes; see ``HubCore/suspendWrites(_:at:)``.
    var suspension: WriteSuspension?
    /// When the log said so last.
    var suspensionLoggedAt: Duration?
    /// Whether the log has said that there is little room.
    var hasWarnedOfSpace = false
    private let reader: StoreReader
    /// Drawn anew at every start, so that peers see a restart.
    private let instance = SecureRandom.identifier()

    /// - Parameters:
    ///   - reader: of the same database, for the reading desk.
    ///   - lastAlive: when the last hub was seen alive last; nil if nobody knows.
    ///   - desks: where password hashing, file writing and long reads run.
    package init(
        store: Store, reader: StoreReader, settings: Settings, paths: Paths,
        environment: [String: String], metrics: HubMetrics, logger: Logger, desks: Desks,
        lastAlive: Timestamp? = nil
    ) throws {
        self.store = store
        self.reader = reader
        self.settings = settings
        self.paths = paths
        self.environment = environment
        self.metrics = metrics
        self.logger = logger
        self.desks = desks
        credentials = Credentials(peers: peers)
        var limits = Channels.Limits()
        limits.ring = PublicationRing.Limits(
            maximumPublications: settings.hub.ringCount, maximumBytes: settings.hub.ringBytes)
        limits.maximumRingBytes = settings.hub.ringTotalBytes
        channels = Channels(
            limits: limits, metrics: metrics,
            sequence: try store.transaction { try $0.continuity().sequence })
        let known = try store.transaction { transaction in
            try foldNames(transaction)
            try credentials.load(transaction)
            generations = Generations(
                config: try transaction.generation(of: .config)?.count ?? 0,
                theme: try transaction.generation(of: .theme)?.count ?? 0)
            return SessionsOnRecord(
                pending: try transaction.pendingPermissions(of: nil, in: nil).rows,
                running: try transaction.runningSessionCount(),
                leases: try transaction.openLeases(), lastAlive: lastAlive,
                waiting: try transaction.waitingSessions())
        }
        setUpOwnParts()
        setUpSessions(known)
    }

    package var access: ChannelAccess { ChannelAccess { [unowned self] in sessions } }

    /// Applies commands in order in one transaction, and returns what to send now that it is
    /// committed.
    ///
    /// A command that fails alone is refused alone; a commit that fails for want of room refuses all
    /// of them. An error thrown from here means that the database is not sound: the process has to
    /// end.
    package func apply(
        _ commands: [HubCommand], now: Timestamp, clock: Duration
    ) throws -> Outbox {
        metrics.iterations.add()
        let before = channels.sequence
        reads.clock = clock
        try resumeWrites(at: clock)
        let bytesBefore = store.readBytes
        defer { metrics.loopReadBytes.add(store.readBytes - bytesBefore) }
        var begun: Iteration?
        let outbox: Outbox
        do {
            outbox = try store.transaction { transaction in
                let iteration = Iteration(store: transaction, now: now, clock: clock)
                begun = iteration
                for command in commands { try apply(command, iteration) }
                try endLapsedRuns(iteration)
                if store.takesWrites { try grantRuns(iteration) }
                try channels.save(iteration)
                return iteration.outbox
            }
        } catch let error as StoreError where error.obstacle != nil && store.takesWrites {
            suspendWrites(error, at: clock)
            // Without a transaction nothing was decided yet.
            guard let begun else { return try apply(commands, now: now, clock: clock) }
            channels.takeBack(sequence: before)
            return refuseAll(commands, begun)
        }
        metrics.commits.add()
        if channels.sequence != before { try onCommit(channels.sequence) }
        return outbox
    }

    private func apply(_ command: HubCommand, _ iteration: Iteration) throws {
        switch command {
        case .arrived(let peer, let hello, let process):
            greet(peer, hello, process, iteration)
        case .left(let peer, let reason):
            leave(peer, reason, iteration)
        case .message(let peer, let message):
            metrics.framesReceived.add()
            try apply(message, from: peer, iteration)
        case .alarm:
            for (name, handler) in alarms.due(at: iteration.clock) {
                iteration.noteAlarm(name)
                let isDone = try run(HubTask("alarm \(name)", handler), iteration)
                // Its work is still to be done, but not in a tight circle.
                if !isDone { alarms.set(name, at: iteration.clock + .seconds(1)) }
            }
        case .task(let task):
            _ = try run(task, iteration)
        }
    }

    func greet(
        _ peer: PeerID, _ hello: Hello, _ process: pid_t?, _ iteration: Iteration
    ) {
        if hello.role == .agentWorker, let process {
            replaceLinks(ofProcess: process, hello.role, iteration)
        }
        logger.log(
            level: Self.level(of: hello.role), "process connected",
            metadata: [
                "peer": "\(hello.name)", "role": "\(hello.role.rawValue)",
                "version": "\(hello.release ?? "unknown")",
            ])
        peers.add(peer, hello, process: process)
        metrics.peers(of: hello.role, changedBy: 1)
        iteration.send(
            .welcome(Welcome(instance: instance, generations: generations)), to: peer)
        sendCredentials(to: peer, hello.role, iteration)
    }

    func sendCredentials(to peer: PeerID, _ role: Hello.Role, _ iteration: Iteration) {
        guard role.decidesByCredentials else { return }
        for part in credentials.table() { iteration.send(.credentials(part), to: peer) }
    }

    /// Every call of the command line is a link of its own.
    private static func level(of role: Hello.Role) -> Logger.Level {
        role == .cli ? .debug : .info
    }

    /// An agent worker that connects again may do so before the end of its old link is seen; its
    /// leases have to be free by then, because nobody takes those of a link that stands.
    private func replaceLinks(
        ofProcess process: pid_t, _ role: Hello.Role, _ iteration: Iteration
    ) {
        for older in peers.links(ofProcess: process, role) {
            leave(older, .replaced, iteration)
            iteration.add(.close(older, .replaced))
        }
    }

    func leave(_ id: PeerID, _ reason: IPCEnd, _ iteration: Iteration) {
        guard let peer = peers.remove(id) else { return }
        iteration.noteDeparture(of: id)
        channels.leaveAll(id)
        if peer.hello.role == .agentWorker { runs.left(id, iteration) }
        metrics.peers(of: peer.hello.role, changedBy: -1)
        metrics.ended(reason)
        logger.log(
            level: Self.level(of: peer.hello.role), "process disconnected",
            metadata: ["peer": "\(peer.hello.name)", "reason": "\(reason)"])
    }

    private func run(_ task: HubTask, _ iteration: Iteration) throws -> Bool {
        try attempt(task.label, task.reply, iteration) { try task.body(iteration) }
    }

    /// Runs one command; its failure is its own unless the database failed.
    ///
    /// - Returns: false when it failed and was undone.
    @discardableResult
    func attempt(
        _ label: String, _ reply: Reply?, _ iteration: Iteration, _ body: () throws -> Void
    ) throws -> Bool {
        do {
            try iteration.command(body)
            return true
        } catch let error as StoreError where !error.isLocal {
            throw error
        } catch {
            let refusal = refusal(of: error, label)
            if let reply { iteration.refuse(reply, refusal) }
            return false
        }
    }

    /// What a peer hears of an error, and what the log says where it is the hub's own mistake.
    private func refusal(of error: any Error, _ label: String) -> OperationError {
        switch error {
        case let error as OperationError:
            return error
        case let error as ValidationError:
            return OperationError(error)
        case StoreError.suspended:
            metrics.refusedWrites.add()
            guard let suspension else { preconditionFailure("writes are suspended for a reason") }
            return suspension.refusal
        default:
            logger.error(
                "a command failed and was rolled back",
                metadata: ["command": "\(label)", "reason": "\(error)"])
            return OperationError(
                .internalError, "the hub could not do this; its log says why (\(label))")
        }
    }
}
