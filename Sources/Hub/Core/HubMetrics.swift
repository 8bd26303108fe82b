import Daemon
import IPC
import Protocol

/// The hub's counters and gauges, looked up once.
package struct HubMetrics {
    package let registry: Metrics
    let iterations: Counter
    let commits: Counter
    let publications: Counter
    let duplicates: Counter
    let deliveries: Counter
    let framesReceived: Counter
    let framesSent: Counter
    let queueBytes: Gauge
    let channels: Gauge
    let loginFailures: Counter
    let passwordsWaiting: Gauge
    let historyTrimmed: Counter
    let loopReadBytes: Counter
    let reads: Counter
    let readBytes: Counter
    let waitingReads: Gauge
    let storeTakesWrites: Gauge
    let refusedWrites: Counter
    let databaseBytes: Gauge
    let freeBytes: Gauge

    package init(_ registry: Metrics) {
        self.registry = registry
        iterations = registry.counter(.hubIterations)
        commits = registry.counter(.hubCommits)
        publications = registry.counter(.hubPublications)
        duplicates = registry.counter(.hubDuplicates)
        deliveries = registry.counter(.hubDeliveries)
        framesReceived = registry.counter(.ipcFramesReceived)
        framesSent = registry.counter(.ipcFramesSent)
        queueBytes = registry.gauge(.ipcQueueBytes)
        channels = registry.gauge(.hubChannels)
        loginFailures = registry.counter(.hubLoginFailures)
        passwordsWaiting = registry.gauge(.hubPasswordsWaiting)
        historyTrimmed = registry.counter(.hubHistoryTrimmed)
        loopReadBytes = registry.counter(.hubLoopReadBytes)
        reads = registry.counter(.hubReads)
        readBytes = registry.counter(.hubReadBytes)
        waitingReads = registry.gauge(.hubWaitingReads)
        storeTakesWrites = registry.gauge(.hubStoreTakesWrites)
        storeTakesWrites.set(1)
        refusedWrites = registry.counter(.hubRefusedWrites)
        databaseBytes = registry.gauge(.hubDatabaseBytes)
        freeBytes = registry.gauge(.hubFreeBytes)
    }

    func recovered(from source: String) { registry.counter(.hubRecoveries, source).add() }

    func reached(limit: String) { registry.counter(.limitsReached, limit).add() }

    func ended(_ reason: IPCEnd) { registry.counter(.ipcDisconnects, reason.label).add() }

    func beganEpochs(_ reason: String) { registry.counter(.hubEpochsBegun, reason).add() }

    func configChange(_ outcome: String) { registry.counter(.hubConfigChanges, outcome).add() }

    func peers(of role: Hello.Role, changedBy amount: Int) {
        registry.gauge(.hubPeers, role.rawValue).add(amount)
    }
}
