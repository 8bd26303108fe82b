import EventLoop
import System

/// Calls that run a command in a sandbox: each from its workspace's view to the end of all that it
/// started.
///
/// Confined to the loop's thread.
final class CommandCalls {
    /// A command in the sandbox.
    struct Command {
        /// The program, as seen within, and its arguments.
        var arguments: [String]
        var access: SandboxAccess
        var timeout: Duration
        /// Whether its output is taken byte by byte, not as text.
        var isCaptured = false
    }

    /// A call on its way.
    private struct Call {
        let call: PreparedCall
        let workspace: Workspace
        let run: ToolRun
        let since = ContinuousClock.now
    }

    /// Calls that were answered while their processes hang in the kernel.
    private(set) var hanging = 0

    private unowned let runner: ToolRunner
    private var running: [ObjectIdentifier: CommandRun] = [:]
    /// Of each workspace in which commands ran just now: how many still do, and what waits then.
    private var workspaces: [ObjectIdentifier: (commands: Int, timer: Timer?)] = [:]

    init(of runner: ToolRunner) { self.runner = runner }

    /// Starts a command; `then` gets what came of it, unless the call was over by then.
    func start(
        _ command: Command, _ call: PreparedCall, in workspace: Workspace, _ run: ToolRun,
        _ onOutput: @escaping (String) -> Void, then: @escaping (CommandRun.Result) -> Void
    ) {
        guard let bubblewrap = runner.programs.bubblewrap, let stage = runner.programs.stage else {
            let failure = SandboxFailure.missing(runner.programs)
            runner.onSandboxFailure?(failure)
            return runner.answer(run, .failure(failure))
        }
        let sandboxed = SandboxedCommand(
            programs: SandboxPrograms(stage: stage, bubblewrap: bubblewrap),
            arguments: command.arguments, timeout: command.timeout,
            isCaptured: command.isCaptured)
        let access = command.access
        let started = Call(call: call, workspace: workspace, run: run)
        runner.work(on: runner.files, call, in: workspace, run) { _ in
            Result { () throws(PathError) in try SandboxView(of: workspace, access: access) }
        } then: { [weak self] view in
            switch view {
            case .success(let view): self?.start(sandboxed, view, started, onOutput, then: then)
            case .failure(let error): run.end(.failure("Nothing was run: \(error)"))
            }
        }
    }

    /// Ends every command that is running; their completions still come.
    func cancelAll() {
        for command in running.values { command.cancel() }
    }

    private func start(
        _ command: SandboxedCommand, _ view: SandboxView, _ call: Call,
        _ onOutput: @escaping (String) -> Void, then: @escaping (CommandRun.Result) -> Void
    ) {
        let run = call.run
        let key = ObjectIdentifier(run)
        do throws(SystemFailure) {
            let started = try CommandRun(
                command, view, in: call.workspace, on: runner.loop, onOutput: onOutput
            ) { [weak self] result in
                self?.review(view.review, after: result, call) { reviewed in
                    self?.ended(key, reviewed, call)
                    if !run.isOver { then(reviewed) }
                }
            }
            started.onBegin = { [weak runner] in
                runner?.onSandbox?(ContinuousClock.now - call.since)
            }
            running[key] = started
            begin(in: call.workspace)
            run.stop = { [weak self, weak started] in
                started?.cancel()
                self?.giveUp(on: run, after: ToolLimits.sandboxEndTime)
            }
            giveUp(
                on: run,
                after: command.timeout + ToolLimits.sandboxStartTime + ToolLimits.sandboxEndTime)
        } catch {
            runner.answer(run, .failure("Nothing was run: \(error)."))
        }
    }

    /// Looks for what the command made that would run later, before anybody hears of its end.
    private func review(
        _ review: StartupReview?, after result: CommandRun.Result, _ call: Call,
        then: @escaping (CommandRun.Result) -> Void
    ) {
        guard let review else { return then(result) }
        call.run.stop = nil
        call.run.timer = nil
        var reviewed = result
        // Not among the session's calls, which may hang.
        let taken = runner.files.run(for: "review of \(call.workspace.session)") { _ in
            review.run()
        } then: { ending in
            switch ending {
            case .done(let outcome): reviewed.review = outcome
            case .stopped: reviewed.review.gap = "its file system did not answer in time"
            }
            then(reviewed)
        }
        guard taken == nil else { return }
        reviewed.review.gap = "too many calls wait for files"
        then(reviewed)
    }

    private func ended(_ key: ObjectIdentifier, _ result: CommandRun.Result, _ call: Call) {
        running[key] = nil
        call.run.timer = nil
        if call.run.isOver { hanging -= 1 }
        if result.end == .stopped(.timedOut) { runner.onTimeOut?(call.call.tool) }
        if let failure = SandboxFailure(result) { runner.onSandboxFailure?(failure) }
        end(in: call.workspace)
    }

    /// Answers a call whose killed processes the kernel does not let go of.
    private func giveUp(on run: ToolRun, after time: Duration) {
        run.timer = runner.loop.schedule(after: time) { [weak self] in
            self?.hanging += 1
            run.end(
                .failure(
                    "(Its processes were killed, but the kernel has not ended them: they hang, "
                        + "perhaps in a file system that does not answer. They end when that does.)"
                ))
        }
    }
}

// MARK: - What stands for missing files

extension CommandCalls {
    private func begin(in workspace: Workspace) {
        let key = ObjectIdentifier(workspace)
        let count = workspaces[key]?.commands ?? 0
        workspaces[key]?.timer?.cancel()
        workspaces[key] = (count + 1, nil)
    }

    private func end(in workspace: Workspace) {
        let key = ObjectIdentifier(workspace)
        let left = (workspaces[key]?.commands ?? 1) - 1
        guard left == 0 else {
            workspaces[key]?.commands = left
            return
        }
        // The workspace is held so long: its address is nobody else's.
        let timer = runner.loop.schedule(after: ToolLimits.placeholderTime) { [weak self] in
            self?.close(workspace)
        }
        workspaces[key] = (0, timer)
    }

    /// Removes what stood for missing files, unless a command runs: then its end does.
    func close(_ workspace: Workspace) {
        let key = ObjectIdentifier(workspace)
        guard let known = workspaces[key], known.commands == 0 else { return }
        known.timer?.cancel()
        workspaces[key] = nil
        let taken = runner.files.run(for: "placeholders of \(workspace.session)") { _ in
            workspace.placeholders.drop()
        } then: { _ in
        }
        // No thread can be had for it: here, then.
        if taken == nil { workspace.placeholders.drop() }
    }
}
