/// Why a command was ended from outside.
package enum SandboxStop: Sendable, Equatable {
    case cancelled
    case timedOut
    case tooMuchOutput
    case tooManyProcesses
    case tooMuchMemory
    /// bubblewrap didn't get ready in time, or a limit could not be placed.
    case startFailed
    /// Nothing would hold its processes back: see ``ControlGroup/isNeeded``.
    case unbounded
    /// Nothing would hold its memory back.
    case unmeasured
}

/// How a command in a sandbox ended.
package enum SandboxEnd: Sendable, Equatable {
    /// By itself; 128 + n for signal n.
    case exited(code: Int)
    case stopped(SandboxStop)
    /// The command never ran: bubblewrap's output says why.
    case failedToStart
    /// bubblewrap was ended by somebody else, the kernel short of memory for one.
    case lost
}

/// The life of one sandbox, from the start of bubblewrap to the end of everything within; pure.
///
/// The command may run only when two things are certain: limits are placed on the sandbox's first
/// process, so that everything inherits them, and the sandbox dies with this process. The first
/// holds bubblewrap up before it builds the walls (`--block-fd`). For the second, the first program
/// within says that it is there, which it is only after bubblewrap asked for the parent's death
/// signal, and then waits for a byte: if this process died meanwhile, the pipe ends and so does it.
package struct SandboxStateMachine: Equatable {
    /// What the shell does.
    package enum Action: Equatable {
        /// Place limits on the sandbox's first process.
        case limit(pid: Int32)
        /// Write a byte into the pipe that holds up first bubblewrap, then the command.
        case letGo
        /// Close that pipe: nothing that waits for it will run.
        case closeGate
        /// Kill the sandbox's first process, and the kernel kills everything within.
        case killSandbox
        /// Make sure that the sandbox's first process is gone, then say how it ended.
        case finish(SandboxEnd)
    }

    private enum Phase { case starting, limited, running, ended }

    private var phase = Phase.starting
    private var stop: SandboxStop?
    private var exitCode: Int?

    package init() {}

    /// Whether the command itself has begun.
    package var isRunning: Bool { phase == .running }

    /// A line came from the sandbox.
    package mutating func received(_ status: SandboxStatus) -> [Action] {
        switch (status, phase) {
        case (.child(let pid), .starting):
            phase = .limited
            let kill: [Action] = stop == nil ? [.letGo] : [.killSandbox]
            return [.limit(pid: pid)] + kill
        case (.ready, .limited) where stop == nil:
            phase = .running
            return [.letGo]
        case (.exit(let code), .running):
            exitCode = code
            return []
        default:
            return []
        }
    }

    /// Somebody wants it to end.
    ///
    /// Only the first reason counts.
    package mutating func end(_ reason: SandboxStop) -> [Action] {
        // Once the command's own end is known, that is how it ended.
        guard phase != .ended, stop == nil, exitCode == nil else { return [] }
        stop = reason
        // Before its first process is known, it can't get past the gate.
        return phase == .starting ? [.closeGate] : [.closeGate, .killSandbox]
    }

    /// bubblewrap is gone.
    package mutating func bubblewrapEnded() -> [Action] {
        guard phase != .ended else { return [] }
        let hasRun = phase == .running
        phase = .ended
        if let exitCode, stop == nil { return [.finish(.exited(code: exitCode))] }
        if let stop { return [.finish(.stopped(stop))] }
        return [.finish(hasRun ? .lost : .failedToStart)]
    }
}
