import Crypto
import Daemon
import EventLoop
import FastCGI
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import System

/// The process `switchboard-fcgi`: request threads around one loop, which owns the link to the hub.
public final class FastCGIWorker {
    /// Runs the process until it is told to stop, and ends it.
    public static func run() -> Never {
        let arguments = DaemonArguments.parseOrExit(
            program: "switchboard-fcgi", defaultName: "fcgi")
        do {
            JSON.seed()
            try Crypto.initialise()
            let environment = ProcessEnvironment.variables()
            let settings = try Settings.load(
                configDirectory: arguments.paths.configDirectory, environment: environment)
            let logger = Log.bootstrap(process: arguments.name, settings: settings.logging)
            let worker = try FastCGIWorker(
                arguments, settings, Notify(environment: environment), logger)
            exit(worker.runUntilStopped())
        } catch let error as SettingsError {
            StandardError.write("switchboard-fcgi: \(error)\n")
            exit(EX_CONFIG)
        } catch {
            StandardError.write("switchboard-fcgi: \(error)\n")
            exit(1)
        }
    }

    private let loop: EventLoop
    private let listener: FastCGIListener
    private let link: HubLink
    private let desk: HubDesk
    private let gate: CredentialGate
    private let metrics: Metrics
    private let notify: Notify
    private let logger: Logger
    private let threads: Int
    private var runningThreads = 0
    private var exitCode: Int32 = 0
    private var timers: [Timer] = []
    private var stopSignal: StopSignal?
    private var isStopping = false

    private init(
        _ arguments: DaemonArguments, _ settings: Settings, _ notify: Notify, _ logger: Logger
    ) throws {
        self.notify = notify
        self.logger = logger
        threads = settings.fastCGI.threads
        loop = try EventLoop()
        metrics = Metrics(process: arguments.name)
        // Prepares libfcgi too, whose signal handlers ours must come after.
        listener = try FastCGIListener(
            path: arguments.paths.fcgiSocket, backlog: Self.backlog, mode: Self.socketMode)
        let hello = Hello(role: .fastCGIWorker, name: arguments.name, processID: getpid())
        link = HubLink(
            loop: loop, path: arguments.paths.hubSocket, hello: hello, logger: logger)
        desk = HubDesk(link: link)
        gate = CredentialGate(now: Self.now)
        startThreads(settings)
        follow(link)
        startTimers()
        stopSignal = StopSignal(
            loop: loop, stop: { [weak self] again in self?.stop(again: again) },
            reload: { logger.info("settings are read at start only; restart to take them over") })
    }

    /// 512 connections wait while all threads are busy; nginx answers 502 to what comes beyond.
    private static let backlog: Int32 = 512
    /// The group's members connect: nginx is one of them.
    private static let socketMode: UInt32 = 0o660
    /// After this a running request is answered 503 instead of waiting for the hub any longer.
    private static let patience: Duration = .seconds(6)
    /// After this the process ends, whatever still runs: 10 s are the limit.
    private static let drain: Duration = .seconds(8)
    /// How often metrics and used credentials are reported.
    private static let reportInterval: Duration = .seconds(2)

    @Sendable private static func now() -> Timestamp {
        Timestamp(milliseconds: WallClock.milliseconds)
    }

    private func runUntilStopped() -> Int32 {
        link.start()
        notify.ready(status: "\(threads) threads wait for requests")
        logger.info(
            "listening", metadata: ["socket": "\(listener.path)", "threads": "\(threads)"])
        loop.run()
        link.stop()
        logger.info("stopped", metadata: ["threadsLeft": "\(runningThreads)"])
        return exitCode
    }
}

// MARK: - Parts

extension FastCGIWorker {
    private func startThreads(_ settings: Settings) {
        let gateway = desk.makeGateway(
            loop: loop, threads: threads, timeout: settings.fastCGI.hubTimeout, metrics: metrics)
        let requests = RequestLoop(
            handler: RequestHandler(
                hub: gateway, gate: gate, settings: settings, metrics: metrics, logger: logger,
                now: Self.now),
            metrics: metrics)
        let ended = loop.mailbox(capacity: threads) { [weak self] (ends: [ThreadEnd]) in
            for end in ends { self?.threadEnded(end) }
        }
        runningThreads = threads
        let listener = listener
        for number in 1...threads {
            NamedThread.start("request-\(number)") {
                // Room for one message a thread: it is always taken.
                _ = ended.post(ThreadEnd(running: requests, on: listener))
            }
        }
    }

    private func follow(_ link: HubLink) {
        link.onPush = { [gate] message in
            if case .credentials(let update) = message { gate.apply(update) }
        }
        link.onDown = { [gate, metrics] reason in
            gate.hubWasLost()
            metrics.counter(.ipcDisconnects, reason.label).add()
        }
    }

    private func startTimers() {
        let report = loop.schedule(after: Self.reportInterval, repeating: Self.reportInterval) {
            [weak self] in self?.report()
        }
        timers.append(report)
        guard let interval = notify.watchdogInterval else { return }
        let watchdog = loop.schedule(after: interval, repeating: interval) { [notify] in
            notify.watchdog()
        }
        timers.append(watchdog)
    }

    private func report() {
        guard link.isUp, let measurements = metrics.snapshot().json.objectValue else { return }
        link.tell(.stats(measurements))
        let used = gate.takeUsed()
        if !used.isEmpty { link.tell(.used(used)) }
    }
}

// MARK: - The end

extension FastCGIWorker {
    /// No new connection, running requests are answered, then the end; at once when asked twice.
    private func stop(again: Bool) {
        guard !again else { return loop.stop() }
        isStopping = true
        logger.info("stopping")
        notify.stopping()
        listener.shutdown()
        timers.append(loop.schedule(after: Self.patience) { [desk] in desk.close() })
        timers.append(loop.schedule(after: Self.drain) { [loop] in loop.stop() })
    }

    private func threadEnded(_ end: ThreadEnd) {
        runningThreads -= 1
        if let failure = end.failure {
            logger.critical("a request thread cannot work", metadata: ["reason": "\(failure)"])
            exitCode = 1
            if !isStopping { stop(again: false) }
        }
        if runningThreads == 0 { loop.stop() }
    }
}

/// How a request thread ended: after the shutdown, or because it could not begin.
private struct ThreadEnd: Sendable {
    let failure: FastCGIError?

    /// Answers requests until the shutdown; blocks.
    init(running requests: RequestLoop, on listener: FastCGIListener) {
        do throws(FastCGIError) {
            try requests.run(listener)
            failure = nil
        } catch {
            failure = error
        }
    }
}
