import Daemon
import EventLoop
import Logging
import Realtime
import Store

/// Has the maintenance thread trim history, remove what deleted sessions left, and checkpoint, at
/// their intervals.
package final class HistoryTrimmer {
    private let core: HubCore
    private let loop: EventLoop
    private let maintenance: Maintenance
    private let thread = WorkThread(name: "maintenance", capacity: 4)
    private let results: Mailbox<Result>
    private var trimTimer: Timer?
    private var checkpointTimer: Timer?
    /// Logged once, not four times a second.
    private var lastFailure: String?

    private enum Result: Sendable {
        case trimmed(Maintenance.Trimmed)
        /// All channels together had more than is kept.
        case totalReached
        case failed(String)
        case trimEnded
    }

    /// How often the log is looked at: at full speed it grows by tens of megabytes meanwhile.
    private static let checkpointInterval: Duration = .milliseconds(250)
    /// Reports that may wait for the loop; a lost one only makes a recovery ask the store in vain.
    private static let resultCapacity = 4_096

    package init(loop: EventLoop, core: HubCore, maintenance: Maintenance) {
        self.loop = loop
        self.core = core
        self.maintenance = maintenance
        let box = WeakBox()
        results = loop.mailbox(capacity: Self.resultCapacity) { (results: [Result]) in
            for result in results { box.trimmer?.received(result) }
        }
        box.trimmer = self
        checkpointTimer = loop.schedule(
            after: Self.checkpointInterval, repeating: Self.checkpointInterval
        ) { [weak self] in self?.checkpoint() }
        scheduleTrim()
    }

    /// Waits for the step that is running, then checkpoints a last time.
    package func stop() {
        trimTimer?.cancel()
        checkpointTimer?.cancel()
        thread.stop()
        do throws(StoreError) {
            try maintenance.checkpoint(whenLogExceeds: 0)
        } catch {
            core.logger.warning("the last checkpoint failed", metadata: ["reason": "\(error)"])
        }
    }

    private func scheduleTrim() {
        trimTimer = loop.schedule(after: core.settings.hub.trimInterval) { [weak self] in
            self?.trim()
        }
    }

    private func trim() {
        let settings = core.settings.hub
        let now = WallClock.now
        let limits = Maintenance.HistoryLimits(
            count: settings.historyCount, bytes: settings.historyBytes,
            totalBytes: settings.historyTotalBytes,
            oldest: Timestamp(
                milliseconds: now.milliseconds - settings.historyAge.wholeMilliseconds))
        let (maintenance, thread, results) = (maintenance, thread, results)
        let isTaken = thread.submit {
            do throws(StoreError) {
                let isOverTotal = try maintenance.trim(
                    limits, isStopping: { thread.isStopping }
                ) { trimmed in _ = results.post(.trimmed(trimmed)) }
                if isOverTotal { _ = results.post(.totalReached) }
                try maintenance.removeDeletedSessions(isStopping: { thread.isStopping })
            } catch {
                _ = results.post(.failed("\(error)"))
            }
            _ = results.post(.trimEnded)
        }
        if !isTaken { scheduleTrim() }
    }

    private func checkpoint() {
        let (maintenance, results) = (maintenance, results)
        // Refused while a long trim runs, which checkpoints in between by itself.
        _ = thread.submit {
            do throws(StoreError) {
                try maintenance.checkpoint()
            } catch {
                _ = results.post(.failed("\(error)"))
            }
        }
    }

    private func received(_ result: Result) {
        switch result {
        case .trimmed(let trimmed): core.channels.trimmed(trimmed)
        case .totalReached: core.metrics.reached(limit: "hub.historyTotalBytes")
        case .trimEnded: scheduleTrim()
        case .failed(let reason):
            guard reason != lastFailure else { return }
            lastFailure = reason
            core.logger.error(
                "maintenance of the database failed, it will be tried again",
                metadata: ["reason": "\(reason)"])
        }
    }
}

private final class WeakBox {
    weak var trimmer: HistoryTrimmer?
}
