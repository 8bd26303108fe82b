import EventLoop
import Glibc

/// Holds a sandbox to its limits by looking now and then, where no control group does.
///
/// Confined to the loop's thread. A look is cheap and nearly always certain; only where the
/// processes of a sandbox map more than the limit, so that it matters what they share, is that
/// measured, on a thread of this sandbox alone.
final class UsageWatch {
    private let probe: UsageProbe
    private let loop: EventLoop
    private let onLimit: (SandboxStop) -> Void
    private var thread: (pool: BlockingPool, verdicts: Mailbox<Bool>)?
    /// Nil while nothing is measured.
    private var measuringSince: ContinuousClock.Instant?
    /// Measuring takes at most half of a core.
    private var nextMeasuring: ContinuousClock.Instant?

    init(_ probe: UsageProbe, on loop: EventLoop, onLimit: @escaping (SandboxStop) -> Void) {
        self.probe = probe
        self.loop = loop
        self.onLimit = onLimit
    }

    func look() {
        let usage = probe.sample()
        // The kernel lets no more be made (RLIMIT_NPROC), so that it will never be above.
        if usage.tasks >= ToolLimits.maximumProcesses { return onLimit(.tooManyProcesses) }
        switch usage.isOver(bytes: ToolLimits.maximumMemoryBytes) {
        case true?: onLimit(.tooMuchMemory)
        case false?: break
        case nil: measure()
        }
    }

    private func measure() {
        let now = ContinuousClock.now
        guard measuringSince == nil, nextMeasuring.map({ $0 <= now }) ?? true else { return }
        let (pool, verdicts) = thread ?? begin()
        thread = (pool, verdicts)
        let isTaken = pool.run { [probe] in
            // As the sandbox itself: after the worker, should the cores be busy.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
            // Full it can't be, and a closed mailbox means that nobody waits.
            _ = verdicts.post(
                probe.isOver(
                    bytes: ToolLimits.maximumMemoryBytes, within: ToolLimits.usageMeasuringTime))
        }
        // What can't be measured is over.
        if isTaken { measuringSince = now } else { onLimit(.tooMuchMemory) }
    }

    private func begin() -> (pool: BlockingPool, verdicts: Mailbox<Bool>) {
        let verdicts: Mailbox<Bool> = loop.mailbox(capacity: 1) { [weak self] verdicts in
            for isOver in verdicts { self?.measured(isOver) }
        }
        return (BlockingPool(name: "sandbox-usage", maximumThreads: 1, maximumQueued: 1), verdicts)
    }

    private func measured(_ isOver: Bool) {
        let now = ContinuousClock.now
        nextMeasuring = measuringSince.map { now + (now - $0) }
        measuringSince = nil
        if isOver { onLimit(.tooMuchMemory) }
    }
}
