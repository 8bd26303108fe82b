import EventLoop
import Glibc

/// How it all ends: by a signal, or because something failed.
extension Supervisor {
    func watchSignals() {
        _ = signal(SIGPIPE, SIG_IGN)
        signals = [
            loop.onSignal(SIGCHLD) { [weak self] in self?.reapChildren() },
            loop.onSignal(SIGINT) { [weak self] in self?.interrupted(exitCode: 130) },
            loop.onSignal(SIGTERM) { [weak self] in self?.interrupted(exitCode: 0) },
            loop.onSignal(SIGHUP) { [weak self] in self?.interrupted(exitCode: 0) },
        ]
    }

    private func interrupted(exitCode: Int32) {
        if case .stopping = phase {
            note("Killing what still runs.")
            for child in children { child.stop(SIGKILL) }
            return
        }
        self.exitCode = exitCode
        note("Stopping; clients are told to reconnect. Once more kills at once.")
        stop()
    }

    func fail(_ error: CommandFailure) {
        if failure == nil { failure = error }
        if case .stopping = phase { return }
        stop()
    }

    /// Workers first, while nginx still carries their goodbyes and the hub still answers.
    func stop() {
        phase = .stopping(stage: 0)
        if let readyFile = configuration.readyFile { FileSystem.remove(readyFile) }
        stopTimers = [
            loop.schedule(after: Self.workerDeadline) { [weak self] in self?.kill(stage: 0) },
            loop.schedule(after: Self.lastDeadline) { [weak self] in self?.kill(stage: 1) },
        ]
        rotation?.cancel()
        for child in members(ofStage: 0) { child.stop(SIGTERM) }
        advanceStop()
    }

    func advanceStop() {
        guard case .stopping(let stage) = phase, members(ofStage: stage).isEmpty else { return }
        if stage == 0 {
            phase = .stopping(stage: 1)
            for child in members(ofStage: 1) { child.stop(SIGTERM) }
            advanceStop()
        } else {
            loop.stop()
        }
    }

    /// The running ones; one that waits for its next start is told as well that there is none.
    private func members(ofStage stage: Int) -> [Child] {
        for child in children where child.pid == nil { child.stop(SIGTERM) }
        return children.filter {
            $0.pid != nil && (["hub", "nginx"].contains($0.program.name) == (stage == 1))
        }
    }

    private func kill(stage: Int) {
        for child in members(ofStage: stage) {
            note("\(child.program.name) did not end in time and is killed")
            child.stop(SIGKILL)
        }
    }
}
