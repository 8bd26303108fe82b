import Access
import Daemon
import EventLoop
import FastCGI
import Glibc
import IPC
import Logging
import Protocol
import System

/// The process `switchboard-fcgi`: request threads around one loop, which owns the link to the hub.
public final class FastCGIWorkerProcess: DaemonService {
    private let process: DaemonProcess
    private let loop: EventLoop
    private let server: FastCGIServer
    private let link: HubLink
    private let desk: HubDesk
    private let gate: CredentialGate
    private let metrics: Metrics
    private let logger: Logger
    private let threads: Int
    private var runningThreads = 0
    private var timers: [Timer] = []
    private var descriptorWarnings = LogPace()

    /// The program `switchboard-fcgi`.
    public static func run() -> Never {
        DaemonProcess.run(
            FastCGIWorkerProcess.self, program: "switchboard-fcgi", defaultName: "fcgi")
    }

    public init(_ process: DaemonProcess) throws {
        self.process = process
        loop = process.loop
        logger = process.logger
        let arguments = process.arguments
        threads = process.settings.fastCGI.threads
        metrics = Metrics(process: arguments.name)
        server = try FastCGIServer(
            loop: loop, path: arguments.paths.fcgiSocket, backlog: Self.backlog,
            mode: Self.socketMode,
            limits: FastCGILimits(
                maximumBodyBytes: process.settings.fastCGI.maximumBodyBytes),
            threads: threads, overloaded: { Self.overloaded })
        let hello = Hello(role: .fastCGIWorker, name: arguments.name, processID: getpid())
        link = HubLink(
            loop: loop, path: arguments.paths.workersSocket, hello: hello, logger: logger)
        let gate = CredentialGate(now: { WallClock.now })
        self.gate = gate
        desk = HubDesk(link: link, team: gate.team(of:))
        startThreads(process.settings)
        follow(link)
        server.onRefusal = { [weak self] refusal in self?.note(refusal) }
        server.onFull = { [metrics] in metrics.counter(.limitsReached, "fastCGI.connections").add()
        }
        timers.append(
            loop.schedule(after: Self.reportInterval, repeating: Self.reportInterval) {
                [weak self] in self?.report()
            })
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

    public func start() {
        link.start()
        process.ready(
            "\(threads) threads wait for requests",
            ["socket": "\(server.path)", "threads": "\(threads)"])
    }

    public func finish() -> Logger.Metadata {
        link.stop()
        return ["threadsLeft": "\(runningThreads)"]
    }
}

// MARK: - Parts

extension FastCGIWorkerProcess {
    private func startThreads(_ settings: Settings) {
        let gateway = desk.makeGateway(
            loop: loop, threads: threads, timeout: settings.fastCGI.hubTimeout, metrics: metrics)
        let requests = RequestLoop(
            handler: RequestHandler(
                hub: gateway, gate: gate, settings: settings, metrics: metrics, logger: logger,
                now: { WallClock.now }),
            metrics: metrics)
        let ended = loop.mailbox(capacity: threads) { [weak self] (ends: [ThreadEnd]) in
            for _ in ends { self?.threadEnded() }
        }
        runningThreads = threads
        let queue = server.requests
        for number in 1...threads {
            NamedThread.start("request-\(number)") {
                // Room for one message a thread: it is always taken.
                requests.run(queue)
                _ = ended.post(ThreadEnd())
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

    private func report() {
        guard link.isUp, let measurements = metrics.snapshot().json.objectValue else { return }
        link.tell(.stats(measurements))
        let used = gate.takeUsed()
        if !used.isEmpty { link.tell(.used(used)) }
    }
}

// MARK: - The end

extension FastCGIWorkerProcess {
    /// No new connection, running requests are answered, then the end.
    public func stop() {
        server.shutdown()
        timers.append(loop.schedule(after: Self.patience) { [desk] in desk.close() })
        timers.append(loop.schedule(after: Self.drain) { [loop] in loop.stop() })
    }

    private func threadEnded() {
        runningThreads -= 1
        if runningThreads == 0 { loop.stop() }
    }
}

/// A request thread has ended.
private struct ThreadEnd: Sendable {}

// MARK: - Connections without an answer

extension FastCGIWorkerProcess {
    /// For a connection that finds no descriptor left.
    private static var overloaded: CGIOutput {
        let error = OperationError(
            .serviceUnavailable, "this worker has no room for another connection; try again",
            retryAfterSeconds: 1)
        return Response.refusal(Refusal(error), requestID: RequestID(from: nil)).output
    }

    private func note(_ refusal: FastCGIRefusal) {
        metrics.counter(.httpConnectionsRefused, refusal.label).add()
        switch refusal {
        case .noDescriptors:
            metrics.counter(.limitsReached, "fastCGI.descriptors").add()
            guard descriptorWarnings.mayLog(at: loop.now) else { return }
            logger.error(
                "connections are refused: no descriptor is left",
                metadata: ["hint": "raise LimitNOFILE of this unit"])
        case .timedOut:
            metrics.counter(.limitsReached, "fastCGI.peerTimeout").add()
        default:
            logger.debug("connection ended", metadata: ["reason": "\(refusal)"])
        }
    }
}
