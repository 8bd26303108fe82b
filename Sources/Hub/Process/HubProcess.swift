import Daemon
import EventLoop
import Glibc
import Logging
import Store

extension StoreError: StartFailure {
    /// A database of a newer version needs that version again.
    public var isLasting: Bool {
        if case .tooNew = self { true } else { false }
    }
}

/// The process `switchboard-hub`: opens what it needs, serves until it is told to stop, and leaves
/// everything on disk.
public final class HubProcess: DaemonService {
    private let process: DaemonProcess
    private let loop: EventLoop
    private let core: HubCore
    private let server: HubServer
    private let desks: ThreadDesks
    private let trimmer: HistoryTrimmer
    private let watcher: ConfigWatcher
    private let continuity: HubContinuity
    private let logger: Logger
    private let socketPath: String

    /// The program `switchboard-hub`.
    public static func run() -> Never {
        DaemonProcess.run(
            HubProcess.self, program: "switchboard-hub", defaultName: "hub", extra: [.agentUser])
    }

    public init(_ process: DaemonProcess) throws {
        self.process = process
        let (loop, paths, settings) = (process.loop, process.arguments.paths, process.settings)
        self.loop = loop
        logger = process.logger
        socketPath = paths.hubSocket
        // Before the database, which changes by being opened.
        let continuity = try HubContinuity(paths, logger: logger)
        self.continuity = continuity
        let store = try Store(
            path: paths.database, isSynchronousFull: settings.hub.synchronousFull)
        let metrics = HubMetrics(Metrics(process: process.arguments.name))
        try continuity.settle(store, metrics)
        let inbox = Inbox()
        desks = ThreadDesks(loop: loop, signInThreads: settings.hub.signInThreads) {
            inbox.submit?($0)
        }
        core = try HubCore(
            store: store, reader: try StoreReader(path: paths.database), settings: settings,
            paths: paths, environment: process.environment, metrics: metrics, logger: logger,
            desks: desks.desks, lastAlive: continuity.lastAlive)
        core.onCommit = continuity.committed
        _ = try core.apply(
            [
                .task(core.filesAtStart()),
                .task(HubTask("prepare") { [core] in try core.logins.prepare($0) }),
            ], now: WallClock.now, clock: loop.now)
        let server = try HubServer(
            loop: loop, core: core,
            Doorway.all(paths, own: getuid(), agentUser: process.arguments.agentUser))
        self.server = server
        inbox.submit = { [weak server] task in server?.submit(task) }
        trimmer = HistoryTrimmer(
            loop: loop, core: core, maintenance: try Maintenance(path: paths.database))
        watcher = ConfigWatcher(loop: loop, core: core) { [weak server] in server?.submit($0) }
        server.onFailure = { [weak self] error in self?.fail(error) }
        process.onReload = { [watcher] in watcher.changed() }
    }

    public func start() {
        continuity.start(on: loop) { [weak self] in self?.fail($0) }
        process.ready("listening at \(socketPath)", ["socket": "\(socketPath)"])
    }

    /// Everything that was read is applied and answered; what is held back is published; the rest
    /// of the work is dropped, because nobody was promised it.
    public func stop() {
        server.close(HubTask("stop") { [core] iteration in try core.sessions.flushAll(iteration) })
        watcher.stop()
        desks.stop()
        trimmer.stop()
        continuity.leave()
        loop.stop()
    }

    /// Nothing of the failed iteration was sent, so nobody was promised what is not on disk.
    private func fail(_ error: any Error) -> Never {
        logger.critical("the database or its mark failed, ending", metadata: ["reason": "\(error)"])
        exit(1)
    }

    public func finish() -> Logger.Metadata { [:] }
}

/// Ties the threads, made first, to the server, made last.
private final class Inbox {
    var submit: ((HubTask) -> Void)?
}
