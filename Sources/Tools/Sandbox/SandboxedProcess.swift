import CLinux
import EventLoop
import Glibc
import System

/// A command in a sandbox; everything that it started is gone when it says that it has ended.
///
/// bubblewrap gives it a process namespace of its own. Killing that namespace's first process makes
/// the kernel kill every other one in it, also those in sessions of their own and those that were
/// being forked, and the first is gone only after they are. Confined to the loop's thread, which
/// must live as long as the process: the sandbox dies with it.
final class SandboxedProcess {
    /// What it is told, on the loop.
    struct Callbacks {
        var output: (ArraySlice<UInt8>) -> Void
        /// Once, when the command is let go, if it ever is.
        var began: () -> Void
        /// Once, when nothing of the sandbox is left.
        var ended: (SandboxEnd) -> Void
    }

    private let loop: EventLoop
    private var state = SandboxStateMachine()
    private var callbacks: Callbacks?
    /// What is held until everything in the sandbox is gone.
    private var view: SandboxView?
    /// The stage, which becomes bubblewrap.
    private var bubblewrap: ChildProcess?
    private let statusPipe: OwnedDescriptor
    private var statusWatcher: DescriptorWatcher?
    private var statusBytes: [UInt8] = []
    /// Our end of the pipe that the command waits for.
    private var gate: OwnedDescriptor?
    private var firstProcess: (pid: pid_t, handle: OwnedDescriptor)?
    private var firstProcessWatcher: DescriptorWatcher?
    /// Nil where there is none to be had, nor any need for it; ends with the sandbox.
    private var group: ControlGroup?
    private var usage: UsageWatch?
    private var timers: [Timer] = []

    private static let systemCalls = FilterProgram(.sandbox).bytes

    /// What waits at the gate: says that it is there, waits, and becomes the command.
    private static let gatekeeper =
        #"echo '{"ready":true}' >&5; read -r _ <&6 || exit 125; exec 5>&- 6<&-; exec "$@""#

    /// Starts `arguments` (a program with its arguments, as seen within) behind the walls.
    init(
        _ programs: SandboxPrograms, _ view: SandboxView, _ arguments: [String], timeout: Duration,
        on loop: EventLoop, _ callbacks: Callbacks
    ) throws(SystemFailure) {
        self.loop = loop
        self.callbacks = callbacks
        let status = try OwnedDescriptor.pipe()
        let gate = try OwnedDescriptor.pipe()
        statusPipe = status.read
        statusPipe.setNonBlocking()
        self.gate = gate.write
        self.view = view
        let filter = try OwnedDescriptor.pipe()
        guard filter.write.writeOnce(Self.systemCalls) else {
            throw SystemFailure("handing over the filter of system calls", errno)
        }
        let walls =
            view.arguments + ["--json-status-fd", "3", "--block-fd", "4", "--seccomp", "7"]
        let command = ["--", "/bin/sh", "-c", Self.gatekeeper, "sh"] + arguments
        let pipes = [status.write, gate.read, status.write, gate.read, filter.read]
        let first = 3 + pipes.count
        let stage = view.stage(firstDescriptor: first) + [programs.bubblewrap]
        bubblewrap = try ChildProcess(
            StageProgram.path(ofDescriptor: first + view.descriptors.count),
            stage + walls + command, environment: SandboxView.environment,
            inherited: pipes + view.descriptors + [programs.stage.file], on: loop,
            .init { [weak self] in
                self?.callbacks?.output($0)
            } ended: { [weak self] _ in
                self?.bubblewrapEnded()
            })
        statusWatcher = loop.watch(statusPipe.number, .read) { [weak self] _ in
            self?.readStatus()
        }
        schedule(after: ToolLimits.sandboxStartTime) { $0.startTimePassed() }
        schedule(after: timeout) { $0.end(.timedOut) }
        timers.append(
            loop.schedule(
                after: ToolLimits.usageInterval, repeating: ToolLimits.usageInterval
            ) { [weak self] in self?.checkUsage() })
    }

    /// Ends everything in the sandbox; ``Callbacks/ended`` tells when it is done.
    func end(_ reason: SandboxStop) { perform(state.end(reason)) }

    private func schedule(after time: Duration, _ body: @escaping (SandboxedProcess) -> Void) {
        timers.append(
            loop.schedule(after: time) { [weak self] in if let self { body(self) } })
    }

    private func startTimePassed() {
        guard !state.isRunning else { return }
        perform(state.end(.startFailed))
        // It hangs on the way, so that closing the gate may not reach it.
        bubblewrap?.kill()
    }

    private func readStatus() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe read(statusPipe.number, &buffer, buffer.count)
        if count == 0 { statusWatcher?.cancel() }
        guard count > 0 else { return }
        statusBytes += buffer[..<count]
        while let end = statusBytes.firstIndex(of: 0x0A) {
            let line = statusBytes[..<end]
            if let status = SandboxStatus(line: line) { perform(state.received(status)) }
            statusBytes.removeFirst(end + 1)
        }
        // Only the gatekeeper could write nonsense, and it is ours.
        if statusBytes.count > 65_536 { statusBytes = [] }
    }

    private func bubblewrapEnded() {
        // Its last line may be waiting in the pipe.
        readStatus()
        perform(state.bubblewrapEnded())
    }

    private func perform(_ actions: [SandboxStateMachine.Action]) {
        for action in actions {
            switch action {
            case .limit(let pid): place(limitsOn: pid)
            case .letGo: letGo()
            case .closeGate: gate = nil
            case .killSandbox: killFirstProcess()
            case .finish(let end): finish(end)
            }
        }
    }

    private func letGo() {
        if state.isRunning, group?.boundsMemory != true {
            guard let pid = firstProcess?.pid, let probe = UsageProbe(ofFirstProcess: pid) else {
                return end(.unmeasured)
            }
            usage = UsageWatch(probe, on: loop) { [weak self] in self?.end($0) }
        }
        _ = gate?.writeOnce([0x0A])
        if state.isRunning { callbacks?.began() }
    }

    /// Takes hold of the sandbox's first process, which waits, and limits it.
    private func place(limitsOn pid: pid_t) {
        let number = switchboard_pidfd_open(pid)
        // Its parent is bubblewrap, which hasn't collected it: the number can't be another's.
        guard number >= 0, ProcessTable.parent(of: pid) == bubblewrap?.pid else {
            if number >= 0 { close(number) }
            return end(.startFailed)
        }
        firstProcess = (pid, OwnedDescriptor(number))
        group = ControlGroup()
        // Behind a group's own bound, which tells that it was met: this one only refuses.
        let processes = ToolLimits.maximumProcesses * (group == nil ? 1 : 2)
        let limits: [(Int32, Int)] = [
            (switchboard_RLIMIT_CORE, 0),
            (switchboard_RLIMIT_NPROC, processes),
            (switchboard_RLIMIT_DATA, ToolLimits.maximumProcessDataBytes),
            (switchboard_RLIMIT_FSIZE, ToolLimits.maximumWrittenFileBytes),
            (switchboard_RLIMIT_NOFILE, ToolLimits.maximumOpenFiles),
        ]
        for (resource, value) in limits
        where switchboard_limit(pid, resource, UInt64(value)) != 0 {
            // A limit that can't be placed is a wall that doesn't stand.
            return end(.startFailed)
        }
        if let group {
            guard group.add(pid) else { return end(.startFailed) }
        } else if ControlGroup.isNeeded {
            return end(.unbounded)
        }
        // After the worker itself, should the cores be busy.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), 5)
    }

    private func killFirstProcess() {
        guard let firstProcess else { return }
        _ = switchboard_pidfd_send_signal(firstProcess.handle.number, SIGKILL)
    }

    private func checkUsage() {
        guard state.isRunning else { return }
        if let reached = group?.reached { return end(reached) }
        usage?.look()
    }

    /// Says how it ended once the first process, and so everything in the sandbox, is gone.
    private func finish(_ end: SandboxEnd) {
        gate = nil
        timers = []
        usage = nil
        statusWatcher?.cancel()
        // The kernel may have ended it between two looks.
        let end = group?.reached.map(SandboxEnd.stopped) ?? end
        guard let firstProcess, !Self.isGone(firstProcess.handle) else { return report(end) }
        // bubblewrap went first: it was killed by somebody. Its child follows, by our hand at the
        // latest.
        killFirstProcess()
        firstProcessWatcher = loop.watch(firstProcess.handle.number, .read) { [weak self] _ in
            self?.report(end)
        }
    }

    private func report(_ end: SandboxEnd) {
        firstProcessWatcher?.cancel()
        if let pid = firstProcess?.pid {
            // Ours to collect if we are its subreaper; else ECHILD.
            var word: Int32 = 0
            _ = unsafe waitpid(pid, &word, WNOHANG)
        }
        firstProcess = nil
        group = nil
        view = nil
        let ended = callbacks?.ended
        callbacks = nil
        ended?(end)
    }

    private static func isGone(_ handle: OwnedDescriptor) -> Bool {
        var entry = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}
