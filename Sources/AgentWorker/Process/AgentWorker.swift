import Crypto
import Daemon
import EventLoop
import Glibc
import IPC
import Logging
import Protocol
import Realtime
import System
import Tools

/// One agent worker: runs of many sessions, each from its assignment to its end.
///
/// Confined to its loop's thread. It keeps nothing of a session between its runs but which files
/// were read (a bounded cache of ``ToolRunner``): any worker can take the next run.
public final class AgentWorker {
    let loop: EventLoop
    let limits: RunLimits
    let log: Logger
    let metrics: AgentMetrics
    let link: HubLink
    let folders: WorkspaceFolders
    let tools: ToolRunner
    /// Nil: no key is configured, and runs end with an error that says so.
    let model: Model?

    private let capacity: Int
    var runs: [SessionID: Run] = [:]
    /// Assigned while an earlier run of the session is not gone yet.
    var waiting: [SessionID: WaitingRun] = [:]
    private var changed: [ObjectIdentifier: Run] = [:]
    private let processName = SecureRandom.identifier()
    private var runCount = 0
    private var flusher: EndOfIterationWatcher?
    private var timers: [Timer] = []
    private var linkTimer: Timer?
    /// Until when the absence of a hub is no reason to end runs.
    private var absenceEnd = Duration.zero
    private var onDrained: (() -> Void)?
    /// What has been said already, by its label.
    private var saidFailures: Set<String> = []
    private(set) var isDraining = false
    /// Whose folders go as soon as their runs are gone.
    var deletedSessions: Set<SessionID> = []
    var removals: [SessionID: FolderRemoval] = [:]
    var hasAskedForDeleted = false

    /// Without a link to a hub that runs, and before that can have given the sessions to others.
    private static let leaseTime =
        Duration.milliseconds(SessionLease.reconnectMilliseconds) - .milliseconds(500)
    private static let heartbeat = Duration.milliseconds(SessionLease.heartbeatMilliseconds)
    private static let reportInterval = Duration.seconds(2)
    /// A drain's runs have 5 s for their tools, and then their reports some more.
    private static let drainTime = Duration.milliseconds(Limits.drainMilliseconds - 1_000)

    /// A run that has to wait for the end of the one before.
    struct WaitingRun {
        let assignment: RunAssignment
        /// Somebody wants it to stop already.
        var abortReason: String?
    }

    /// What a worker is made of besides its loop.
    package struct Parts {
        package let settings: AgentSettings
        package let hubSocket: String
        /// Such as `agent-1`: unit, log and metrics alike.
        package let name: String
        package let folders: WorkspaceFolders
        package let model: Model?
        package let tools: ToolRunner

        package init(
            settings: AgentSettings, hubSocket: String, name: String, folders: WorkspaceFolders,
            model: Model?, tools: ToolRunner
        ) {
            self.settings = settings
            self.hubSocket = hubSocket
            self.name = name
            self.folders = folders
            self.model = model
            self.tools = tools
        }
    }

    package init(loop: EventLoop, _ parts: Parts, logger: Logger) {
        self.loop = loop
        log = logger
        folders = parts.folders
        model = parts.model
        tools = parts.tools
        capacity = parts.settings.capacity
        var limits = RunLimits()
        limits.maximumSteps = parts.settings.maximumSteps
        limits.contextWindow = parts.settings.contextTokens
        self.limits = limits
        metrics = AgentMetrics(Metrics(process: parts.name))
        link = HubLink(
            loop: loop, path: parts.hubSocket,
            hello: Hello(role: .agentWorker, name: parts.name, processID: getpid()),
            logger: logger)
        tools.onTimeOut = { [metrics] in metrics.timedOut($0.rawValue) }
        tools.onSandbox = { [metrics] in metrics.sandboxed(within: $0) }
        tools.onSandboxFailure = { [weak self] in self?.note($0) }
    }

    /// Connects to the hub and takes runs.
    public func start() {
        // Before the link's own: what a run has to tell leaves in the same iteration.
        flusher = loop.atEndOfIteration { [weak self] in self?.flush() }
        link.onUp = { [weak self] _ in self?.linkIsUp() }
        link.onDown = { [weak self] reason in self?.linkWasLost(reason) }
        link.onAbsent = { [weak self] in self?.noteAbsence() }
        link.onPush = { [weak self] message in
            if case .agent(let message) = message { self?.receive(message) }
        }
        link.start()
        every(Self.heartbeat) { $0.announce() }
        every(Self.reportInterval) { $0.reportMetrics() }
        sweepOutputs()
        every(OutputFolders.sweepInterval) { $0.sweepOutputs() }
    }

    /// Takes no new run, interrupts what runs, and calls `done` when all of it is stored and gone,
    /// or when the time is over.
    public func drain(_ done: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        onDrained = done
        log.info("draining", metadata: ["runs": "\(runs.count)"])
        announce()
        for run in Array(runs.values) { run.receive(.abort(reason: Self.drainReason)) }
        timers.append(
            loop.schedule(after: Self.drainTime) { [weak self] in self?.drained() })
        endIfDrained()
    }

    static let drainReason = "restart"

    /// Ends everything at once and leaves the hub; must be called before it is released.
    public func stop() {
        for timer in timers { timer.cancel() }
        linkTimer?.cancel()
        tools.cancelAll()
        link.stop()
        flusher = nil
    }

    /// What a run's events are named by.
    func nextRunName() -> String {
        runCount += 1
        return "\(processName).\(runCount)"
    }

    /// The run has something to tell, or may be gone.
    func noteChange(of run: Run) { changed[ObjectIdentifier(run)] = run }

    /// Said once: every call meets the same until somebody mends it.
    private func note(_ failure: SandboxFailure) {
        metrics.failed(failure)
        guard saidFailures.insert(failure.label).inserted else { return }
        log.error(
            "a command did not run for want of a sandbox",
            metadata: ["reason": "\(failure.label)", "cause": "\(failure)"])
    }

    private func sweepOutputs() {
        NamedThread.start("output-sweep") { [folders] in
            folders.sweepOutputs(now: Int(WallClock.milliseconds / 1_000))
        }
    }

    private func every(_ interval: Duration, _ body: @escaping (AgentWorker) -> Void) {
        timers.append(
            loop.schedule(after: interval, repeating: interval) { [weak self] in
                if let self { body(self) }
            })
    }

    /// Tells the hub what happened in this iteration, and lets go of what is over.
    private func flush() {
        while let (key, run) = changed.first {
            changed[key] = nil
            run.flush()
            if run.isGone { remove(run) }
        }
    }

    private func remove(_ run: Run) {
        let session = run.assignment.lease.session
        guard runs[session] === run else { return }
        runs[session] = nil
        removeFolders(of: session)
        if let next = waiting.removeValue(forKey: session) { begin(next) }
        endIfDrained()
    }

    private func endIfDrained() {
        if isDraining, runs.isEmpty { drained() }
    }

    private func drained() {
        let done = onDrained
        onDrained = nil
        done?()
    }
}

// MARK: - The link

extension AgentWorker {
    private func linkIsUp() {
        linkTimer?.cancel()
        // The leases first: what follows is said under them.
        announce()
        askForDeleted()
        for run in Array(runs.values) { run.linkRestored() }
    }

    private func linkWasLost(_ reason: IPCEnd) {
        metrics.linkEnded(reason.label)
        for run in Array(runs.values) { run.receive(.linkLost) }
        absenceEnd = loop.now + .milliseconds(SessionLease.absenceMilliseconds)
        linkTimer = loop.schedule(after: Self.leaseTime) { [weak self] in self?.leasesRanOut() }
    }

    /// No hub runs: the leases stand until one does.
    private func noteAbsence() {
        guard loop.now + Self.leaseTime < absenceEnd else { return }
        linkTimer?.reschedule(after: Self.leaseTime)
    }

    private func leasesRanOut() {
        guard !runs.isEmpty else { return }
        log.warning(
            "the hub is away for too long: its leases have ended",
            metadata: ["runs": "\(runs.count)"])
        waiting = [:]
        for run in Array(runs.values) { run.leaseLost() }
    }

    /// Capacity and leases, which renews them.
    private func announce() {
        let leases =
            runs.values.filter(\.holdsLease).map(\.assignment.lease)
            + waiting.values.map(\.assignment.lease)
        link.tell(
            .ready(
                AgentReadiness(
                    capacity: isDraining ? 0 : capacity,
                    leases: leases.sorted { $0.session < $1.session })))
    }

    private func reportMetrics() {
        metrics.set(runs: runs.count, hangingCalls: tools.hangingCalls)
        guard link.isUp, let snapshot = metrics.metrics.snapshot().json.objectValue else { return }
        link.tell(.stats(snapshot))
    }
}
