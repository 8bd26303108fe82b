import CLinux
import EventLoop

/// Runs tools: prepares a call, and after somebody decided about it, does what it says.
///
/// Confined to the loop's thread, which must live as long as the process (commands die with it).
/// Files and the network are worked on by a few threads of its own, commands run as processes on
/// the loop. It decides nothing: see ``ModePolicy``.
public final class ToolRunner {
    private let loop: EventLoop
    private let programs: Programs
    private let fetcher: WebFetcher
    private let parser: CommandParser
    private let files: PoolOnLoop
    private let web: PoolOnLoop
    private var commands: [ObjectIdentifier: CommandRun] = [:]

    /// Whether the kernel holds a command to ``ToolLimits/maximumProcesses``; else none runs, and
    /// the refusal says why.
    public static var boundsProcesses: Bool { !ControlGroup.isNeeded || ControlGroup.isPossible }

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
        files = PoolOnLoop(loop, name: "tool-files", threads: 4, maximumQueued: 1_024)
        web = PoolOnLoop(loop, name: "tool-web", threads: 4, maximumQueued: 64)
        _ = switchboard_become_subreaper()
        Leftovers.sweep()
    }

    /// Checks a call's input and looks up what a decision about it needs; changes nothing.
    ///
    /// `completion` gets the call, or a refusal for the model; once, perhaps during this call.
    public func prepare(
        _ call: ToolCall, in workspace: Workspace,
        _ completion: @escaping (Result<PreparedCall, ToolRefusal>) -> Void
    ) {
        let input: ToolInput
        do throws(ToolInputError) { input = try ToolInput(parsing: call) } catch {
            return completion(.failure(ToolRefusal("\(error)")))
        }
        switch input {
        case .bash(let bash):
            parser.parse(bash.command) {
                completion(.success(PreparedCall(call: call, input: input, command: $0)))
            }
        case .write, .edit:
            let isTaken = files.run {
                Self.prepareChange(call, input, in: workspace)
            } then: {
                completion($0)
            }
            if !isTaken { completion(.failure(.busy)) }
        case .read, .glob, .grep, .todoWrite, .webFetch:
            completion(.success(PreparedCall(call: call, input: input)))
        }
    }

    /// Does what a prepared call says, within `access`.
    ///
    /// - Parameters:
    ///   - onOutput: gets a command's output as it comes, at most
    ///     ``ToolLimits/maximumStreamedBytes``, without control characters.
    ///   - completion: once, never during this call; after a cancel too, when all is ended.
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
            start(
                ["/bin/bash", "-c", input.command], access, input.timeout, in: workspace, run,
                onOutput
            ) { $0.outcome(timeout: input.timeout) }
        case .grep(let input): search(input, in: workspace, run)
        case .todoWrite(let todos): answer(run, ToolOutcome(text: Todo.summary(todos)))
        case .webFetch(let input):
            let fetcher = fetcher
            work(on: web, run, waitsForEnd: false) { cancellation in
                fetcher.fetch(input, isCancelled: { cancellation.isCancelled })
            }
        case .read, .glob, .write, .edit:
            work(on: files, run, waitsForEnd: true) { FileCall(call, workspace, $0).outcome }
        }
        return run
    }

    /// Ends every command that is running; their completions still come.
    public func cancelAll() {
        for command in commands.values { command.cancel() }
    }

    private static func prepareChange(
        _ call: ToolCall, _ input: ToolInput, in workspace: Workspace
    ) -> Result<PreparedCall, ToolRefusal> {
        let path =
            switch input {
            case .write(let write): write.path
            case .edit(let edit): edit.path
            default: ""
            }
        do throws(PathError) {
            let place = try WriteTool.place(of: path, in: workspace)
            return .success(PreparedCall(call: call, input: input, path: place))
        } catch {
            return .failure(ToolRefusal("\(error)"))
        }
    }
}

extension ToolRunner {
    private func search(_ input: GrepInput, in workspace: Workspace, _ run: ToolRun) {
        let engine: SearchCommand.Engine =
            programs.ripgrep.map { .ripgrep(path: $0) } ?? .grep(path: "/usr/bin/grep")
        let arguments: [String]
        do {
            let path = try workspace.relative(input.path ?? "")
            try workspace.check(path, named: path)
            arguments = try SearchCommand(input, engine, path: path).arguments
        } catch {
            return answer(run, .failure("\(error)"))
        }
        start(arguments, .readOnly, ToolLimits.searchTime, in: workspace, run, { _ in }) { result in
            guard case .exited(let code) = result.end else {
                return result.outcome(timeout: ToolLimits.searchTime)
            }
            return SearchAnswer(
                code: code, text: result.text, input: input, fullOutputPath: result.fullOutputPath
            ).outcome
        }
    }

    private func start(
        _ arguments: [String], _ access: SandboxAccess, _ timeout: Duration,
        in workspace: Workspace, _ run: ToolRun, _ onOutput: @escaping (String) -> Void,
        _ outcome: @escaping (CommandRun.Result) -> ToolOutcome
    ) {
        guard let bubblewrap = programs.bubblewrap else {
            return answer(
                run,
                .failure(
                    "Nothing was run: the sandbox is missing on this machine, and commands run in "
                        + "it only. The operator has to install it (Debian: apt-get install "
                        + "bubblewrap)."))
        }
        let command = SandboxedCommand(
            bubblewrap: bubblewrap, arguments: arguments, access: access, timeout: timeout)
        let key = ObjectIdentifier(run)
        do throws(SystemFailure) {
            let started = try CommandRun(command, in: workspace, on: loop, onOutput: onOutput) {
                [weak self] result in
                self?.commands[key] = nil
                run.end(outcome(result))
            }
            commands[key] = started
            run.stop = { [weak started] in started?.cancel() }
        } catch {
            answer(run, .failure("Nothing was run: \(error)."))
        }
    }

    /// - Parameter waitsForEnd: whether a cancelled call answers only when its work has ended,
    ///   which is right for what changes something.
    private func work(
        on pool: PoolOnLoop, _ run: ToolRun, waitsForEnd: Bool,
        _ body: @escaping @Sendable (BlockingPool.Cancellation) -> ToolOutcome
    ) {
        let cancellation = BlockingPool.Cancellation()
        guard pool.run({ body(cancellation) }, then: { run.end($0) }) else {
            return answer(run, ToolRefusal.busy.outcome)
        }
        run.stop = {
            cancellation.cancel()
            if !waitsForEnd { run.end(.failure("(Interrupted.)")) }
        }
    }

    /// Answers after this call has returned.
    private func answer(_ run: ToolRun, _ outcome: ToolOutcome) {
        var timer: Timer?
        timer = loop.schedule(after: .zero) {
            timer?.cancel()
            timer = nil
            run.end(outcome)
        }
    }
}

extension Todo {
    fileprivate static func summary(_ todos: [Todo]) -> String {
        let done = todos.count { $0.status == .completed }
        return "The to-do list has \(todos.count) entries, \(done) of them completed."
    }
}
