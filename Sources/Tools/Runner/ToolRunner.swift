import CLinux
import EventLoop
import System

/// Runs tools: prepares a call, and after somebody decided about it, does what it says.
///
/// Confined to the loop's thread, which must live as long as the process (commands die with it).
/// Files and the network are worked on by threads of its own, commands run as processes on the
/// loop. Every call ends, within its time or by a cancel, whatever its work hangs in. It decides
/// nothing: see ``ModePolicy``.
public final class ToolRunner {
    /// A call's time was over before its work had ended.
    public var onTimeOut: ((Tool) -> Void)?
    /// A command began, so long after its call.
    public var onSandbox: ((Duration) -> Void)?
    /// A command did not run for want of a sandbox.
    public var onSandboxFailure: ((SandboxFailure) -> Void)?
    /// Calls that were answered without their work, which hangs in the kernel.
    public var hangingCalls: Int { files.hanging + web.hanging + commands.hanging }

    let loop: EventLoop
    let programs: Programs
    let files: SessionCalls
    private let web: SessionCalls
    private let fetcher: WebFetcher
    private let parser: CommandParser
    private let ledgers = SessionLedgers()
    private(set) lazy var commands = CommandCalls(of: self)

    /// Whether the kernel holds a command to ``ToolLimits/maximumProcesses``; else none runs, and
    /// the refusal says why.
    public static var boundsProcesses: Bool { !ControlGroup.isNeeded || ControlGroup.isPossible }

    /// Whether the kernel holds a command to ``ToolLimits/maximumMemoryBytes``; else its memory is
    /// sampled.
    public static var boundsMemory: Bool { ControlGroup.boundsMemory }

    /// Makes this process the one that collects what its commands leave behind
    /// (`PR_SET_CHILD_SUBREAPER`), and ends what an earlier process left.
    ///
    /// One of a process.
    public convenience init(on loop: EventLoop, programs: Programs = .installed()) {
        self.init(on: loop, programs, WebFetcher(admits: AddressPolicy.isPublic))
    }

    /// For tests, whose web servers are on loopback.
    package init(on loop: EventLoop, _ programs: Programs, _ fetcher: WebFetcher) {
        self.loop = loop
        self.programs = programs
        self.fetcher = fetcher
        parser = CommandParser(on: loop, program: programs.shfmt)
        files = SessionCalls(loop, name: "tool-files", .init(time: ToolLimits.fileCallTime))
        web = SessionCalls(loop, name: "tool-web", .init(time: ToolLimits.webCallTime))
        _ = switchboard_become_subreaper()
        Leftovers.sweep()
    }

    /// Opens the workspace of a session's run on a thread: a file system that hangs holds up nobody
    /// else.
    ///
    /// `then` gets what `body` made, on the loop, or nil when that had no end within
    /// ``ToolLimits/fileCallTime``, or too much waits already; once, perhaps during this call.
    public func open<Value: Sendable>(
        for session: String, _ body: @escaping @Sendable () -> Value,
        then: @escaping (Value?) -> Void
    ) {
        // Not among the session's calls: those of its last run may still hang.
        let taken = files.run(for: "workspace of \(session)") { _ in
            body()
        } then: { ending in
            if case .done(let value) = ending { then(value) } else { then(nil) }
        }
        if taken == nil { then(nil) }
    }

    /// Checks a call's input and looks up what a decision about it needs; changes nothing.
    ///
    /// - Parameters:
    ///   - parsesCommands: whether a rule may decide about a command line, which takes shfmt.
    ///   - completion: gets the call, or a refusal for the model; once, perhaps during this call.
    public func prepare(
        _ call: ToolCall, in workspace: Workspace, parsesCommands: Bool = true,
        _ completion: @escaping (Result<PreparedCall, ToolRefusal>) -> Void
    ) {
        let input: ToolInput
        do throws(ToolInputError) { input = try ToolInput(parsing: call) } catch {
            return completion(.failure(ToolRefusal("\(error)")))
        }
        let prepared = PreparedCall(call: call, input: input)
        switch input {
        case .bash(let bash) where parsesCommands:
            parser.parse(bash.command) {
                completion(.success(PreparedCall(call: call, input: input, command: $0)))
            }
        case .write(let write): findPlace(write.path, prepared, in: workspace, completion)
        case .edit(let edit): findPlace(edit.path, prepared, in: workspace, completion)
        case .bash, .read, .glob, .grep, .todoWrite, .webFetch: completion(.success(prepared))
        }
    }

    /// Does what a prepared call says, within `access`.
    ///
    /// - Parameters:
    ///   - onOutput: gets a command's output as it comes, at most
    ///     ``ToolLimits/maximumStreamedBytes``, without control characters.
    ///   - completion: once, never during this call; after a cancel too, soon, and it says what
    ///     was done by then.
    /// - Returns: what cancels it.
    public func run(
        _ call: PreparedCall, access: SandboxAccess, in workspace: Workspace,
        onOutput: @escaping (String) -> Void, completion: @escaping (ToolOutcome) -> Void
    ) -> ToolRun {
        let run = ToolRun(completion)
        guard access == .writable || call.tool.isReadOnly || call.tool == .bash else {
            // The policy never says so; a caller that does must not get through.
            answer(run, .failure("\(call.call.name) was refused: nothing may be changed."))
            return run
        }
        switch call.input {
        case .bash(let input):
            let command = CommandCalls.Command(
                arguments: ["/bin/bash", "-c", input.command], access: access,
                timeout: input.timeout)
            commands.start(command, call, in: workspace, run, onOutput) {
                run.end($0.outcome(timeout: input.timeout))
            }
        case .grep(let input): search(GrepSearch(input: input), call, in: workspace, run)
        case .glob(let input):
            do throws(PathError) {
                search(try GlobSearch(input, in: workspace), call, in: workspace, run)
            } catch {
                answer(run, .failure(error))
            }
        case .todoWrite(let todos): answer(run, ToolOutcome(text: Todo.summary(todos)))
        case .webFetch(let input):
            let fetcher = fetcher
            work(on: web, call, in: workspace, run) { cancellation in
                fetcher.fetch(input, isCancelled: { cancellation.isCancelled })
            } then: {
                run.end($0)
            }
        case .read, .write, .edit: workOnFile(call, in: workspace, run)
        }
        return run
    }

    /// Nothing runs in a workspace any more, nor will.
    ///
    /// What stood for missing files in it is removed, soon.
    public func close(_ workspace: Workspace) { commands.close(workspace) }

    /// Ends every command that is running; their completions still come.
    public func cancelAll() {
        commands.cancelAll()
    }
}

// Files and the network.
extension ToolRunner {
    /// Where a change would be made, for whom decides about it.
    private func findPlace(
        _ path: String, _ call: PreparedCall, in workspace: Workspace,
        _ completion: @escaping (Result<PreparedCall, ToolRefusal>) -> Void
    ) {
        let taken = files.run(for: workspace.session) {
            _ -> Result<PreparedCall, ToolRefusal> in
            do throws(PathError) {
                let place = try WriteTool.place(of: path, in: workspace)
                return .success(PreparedCall(call: call.call, input: call.input, path: place))
            } catch {
                return .failure(ToolRefusal("\(error)"))
            }
        } then: { [weak self] ending in
            switch ending {
            case .done(let result): completion(result)
            case .stopped(let stop, let mayHaveChanged):
                if stop == .timedOut { self?.onTimeOut?(call.tool) }
                completion(.failure(ToolRefusal(stop.sentence(about: call, mayHaveChanged))))
            }
        }
        if taken == nil { completion(.failure(.busy)) }
    }

    private func workOnFile(_ call: PreparedCall, in workspace: Workspace, _ run: ToolRun) {
        let ledger = ledgers.ledger(of: workspace.session)
        work(on: files, call, in: workspace, run) {
            FileCall(call: call, workspace: workspace, ledger: ledger, cancellation: $0).run()
        } then: { answer in
            if let seen = answer.seen { ledger.record(seen) }
            run.end(answer.outcome)
        }
    }

    /// Runs `body` on a thread, then `then` on the loop unless the call was over by then.
    func work<Value: Sendable>(
        on calls: SessionCalls, _ call: PreparedCall, in workspace: Workspace, _ run: ToolRun,
        _ body: @escaping @Sendable (Cancellation) -> Value, then: @escaping (Value) -> Void
    ) {
        let taken = calls.run(for: workspace.session, body) { [weak self] ending in
            switch ending {
            case .done(let value): then(value)
            case .stopped(let stop, let mayHaveChanged):
                if stop == .timedOut { self?.onTimeOut?(call.tool) }
                run.end(.failure(stop.sentence(about: call, mayHaveChanged)))
            }
        }
        guard let taken else { return answer(run, ToolRefusal.busy.outcome) }
        run.stop = { [weak taken] in taken?.cancel() }
    }

    /// Answers after this call has returned.
    func answer(_ run: ToolRun, _ outcome: ToolOutcome) {
        run.timer = loop.schedule(after: .zero) { run.end(outcome) }
    }
}

extension Workspace {
    /// What a session's calls have in common, from run to run: the name of its folder of outputs.
    var session: String { outputs.folder.pathComponents.last ?? "" }
}

extension SessionCalls.Stop {
    /// What the model is told of a call that ended before its work.
    func sentence(about call: PreparedCall, _ mayHaveChanged: Bool) -> String {
        let reason =
            switch self {
            case .cancelled: "Interrupted"
            case .timedOut:
                "Timed out: " + (call.tool == .webFetch ? "the network" : "the file system")
                    + " did not answer in time, or other calls of this session wait for it"
            case .refused: "Not begun: no thread could be had"
            }
        guard let path = call.path else { return "(\(reason). Nothing was changed.)" }
        return mayHaveChanged
            ? "(\(reason). \(path) was being put in place, and whether it was is unknown: Read it.)"
            : "(\(reason). \(path) was not changed.)"
    }
}

extension Todo {
    fileprivate static func summary(_ todos: [Todo]) -> String {
        let done = todos.count { $0.status == .completed }
        return "The to-do list has \(todos.count) entries, \(done) of them completed."
    }
}
