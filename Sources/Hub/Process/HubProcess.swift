import Crypto
import Daemon
import EventLoop
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Store

/// The process `switchboard-hub`: opens what it needs, serves until it is told to stop, and leaves
/// everything on disk.
public final class HubProcess {
    /// Runs the process, and ends it.
    public static func run() -> Never {
        let arguments = DaemonArguments.parseOrExit(
            program: "switchboard-hub", defaultName: "hub")
        do {
            JSON.seed()
            try Crypto.initialise()
            let environment = ProcessEnvironment.variables()
            let settings = try Settings.load(
                configDirectory: arguments.paths.configDirectory, environment: environment)
            let logger = Log.bootstrap(process: arguments.name, settings: settings.logging)
            let process = try HubProcess(arguments, settings, environment, logger)
            exit(process.runUntilStopped())
        } catch let error as SettingsError {
            StandardError.write("switchboard-hub: \(error)\n")
            exit(EX_CONFIG)
        } catch {
            StandardError.write("switchboard-hub: \(error)\n")
            exit(1)
        }
    }

    private let loop: EventLoop
    private let core: HubCore
    private let server: HubServer
    private let desks: ThreadDesks
    private let trimmer: HistoryTrimmer
    private let watcher: ConfigWatcher
    private let notify: Notify
    private let logger: Logger
    private let socketPath: String
    private var timers: [Timer] = []
    private var stopSignal: StopSignal?

    private init(
        _ arguments: DaemonArguments, _ settings: Settings, _ environment: [String: String],
        _ logger: Logger
    ) throws {
        self.logger = logger
        notify = Notify(environment: environment)
        let paths = arguments.paths
        socketPath = paths.hubSocket
        let loop = try EventLoop()
        self.loop = loop
        let store = try Store(
            path: paths.database, isSynchronousFull: settings.hub.synchronousFull)
        let inbox = Inbox()
        desks = ThreadDesks(loop: loop) { inbox.submit?($0) }
        core = try HubCore(
            store: store, settings: settings, paths: paths, environment: environment,
            metrics: HubMetrics(Metrics(process: arguments.name)), logger: logger,
            desks: desks.desks)
        _ = try core.apply(
            [.task(core.filesAtStart())], now: Timestamp(milliseconds: WallClock.milliseconds),
            clock: loop.now)
        let server = try HubServer(
            loop: loop, core: core, path: socketPath, trustedUsers: [getuid(), 0])
        self.server = server
        inbox.submit = { [weak server] task in server?.submit(task) }
        trimmer = HistoryTrimmer(
            loop: loop, core: core, maintenance: try Maintenance(path: paths.database))
        watcher = ConfigWatcher(loop: loop, core: core) { [weak server] in server?.submit($0) }
        core.logins.prepare()
        server.onFailure = { [weak self] error in self?.fail(error) }
        stopSignal = StopSignal(
            loop: loop, stop: { [weak self] _ in self?.stop() },
            reload: { [watcher] in watcher.changed() })
        startWatchdog()
    }

    private func runUntilStopped() -> Int32 {
        notify.ready(status: "listening at \(socketPath)")
        logger.info("listening", metadata: ["socket": "\(socketPath)"])
        loop.run()
        logger.info("stopped")
        return 0
    }

    /// Everything that was read is applied and answered; what is held back is published; the rest
    /// of the work is dropped, because nobody was promised it.
    private func stop() {
        notify.stopping()
        logger.info("stopping")
        server.close(HubTask("stop") { [core] iteration in try core.sessions.flushAll(iteration) })
        watcher.stop()
        desks.stop()
        trimmer.stop()
        loop.stop()
    }

    /// Nothing of the failed iteration was sent, so nobody was promised what is not on disk.
    private func fail(_ error: any Error) -> Never {
        logger.critical("the database failed, ending", metadata: ["error": "\(error)"])
        exit(1)
    }

    private func startWatchdog() {
        guard let interval = notify.watchdogInterval else { return }
        let watchdog = loop.schedule(after: interval, repeating: interval) { [notify] in
            notify.watchdog()
        }
        timers.append(watchdog)
    }
}

/// Ties the threads, made first, to the server, made last.
private final class Inbox {
    var submit: ((HubTask) -> Void)?
}
