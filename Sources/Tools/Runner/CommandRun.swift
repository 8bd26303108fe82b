import EventLoop
import Stage
import System

/// One command in a sandbox with its output, for Bash, and byte by byte for Glob and Grep.
///
/// Confined to the loop's thread.
final class CommandRun {
    /// What came of it.
    struct Result {
        let end: SandboxEnd
        let text: String
        let fullOutputPath: String?
        /// All bytes, of a command that is captured.
        var captured: [UInt8] = []
        /// What was found when it had ended.
        var review = StartupReview.Outcome()
    }

    /// The command itself begins: its sandbox stands.
    var onBegin: (() -> Void)?
    private var process: SandboxedProcess?
    private var output: OutputCollector
    private var pieces = UTF8Pieces()
    private let isCaptured: Bool
    private var captured: [UInt8] = []
    private let onOutput: (String) -> Void
    private var completion: ((Result) -> Void)?

    /// - Parameters:
    ///   - onOutput: gets the output as it comes, at most ``ToolLimits/maximumStreamedBytes``,
    ///     without control characters.
    ///   - completion: once, when nothing of the command is left; never during this call.
    init(
        _ command: SandboxedCommand, _ view: SandboxView, in workspace: Workspace,
        on loop: EventLoop,
        onOutput: @escaping (String) -> Void, completion: @escaping (Result) -> Void
    ) throws(SystemFailure) {
        output = OutputCollector(keptIn: workspace.outputs)
        isCaptured = command.isCaptured
        self.onOutput = onOutput
        self.completion = completion
        process = try SandboxedProcess(
            command.programs, view, command.arguments, timeout: command.timeout, on: loop,
            .init { [weak self] in
                self?.append($0)
            } began: { [weak self] in
                self?.onBegin?()
            } ended: { [weak self] in
                self?.ended($0)
            })
    }

    func cancel() { process?.end(.cancelled) }

    private func append(_ bytes: ArraySlice<UInt8>) {
        guard !isCaptured else { return capture(bytes) }
        stream(bytes)
        output.append(bytes)
        if output.producedBytes > ToolLimits.maximumProducedBytes { process?.end(.tooMuchOutput) }
    }

    private func capture(_ bytes: ArraySlice<UInt8>) {
        captured += bytes.prefix(ToolLimits.maximumCapturedBytes - captured.count)
        if captured.count == ToolLimits.maximumCapturedBytes { process?.end(.tooMuchOutput) }
    }

    private func stream(_ bytes: ArraySlice<UInt8>) {
        let room = ToolLimits.maximumStreamedBytes - output.producedBytes
        guard room > 0 else { return }
        let text = pieces.append(bytes.prefix(room))
        if !text.isEmpty { onOutput(text) }
    }

    private func ended(_ end: SandboxEnd) {
        let rest = pieces.finish()
        if !rest.isEmpty { onOutput(rest) }
        let completion = completion
        self.completion = nil
        // A few lines of what may be the sandbox's own complaint.
        let text = isCaptured ? ShownText.clean(captured.prefix(2_000)) : output.text()
        completion?(
            Result(
                end: end, text: text, fullOutputPath: output.fullOutputPath, captured: captured))
    }
}

/// What to run in a sandbox.
struct SandboxedCommand {
    let programs: SandboxPrograms
    /// The program, as seen within, and its arguments.
    let arguments: [String]
    let timeout: Duration
    /// Whether its output is taken byte by byte, up to ``ToolLimits/maximumCapturedBytes``.
    var isCaptured = false
}

/// The programs that make a sandbox, by their paths.
struct SandboxPrograms {
    /// Mounts what is shown; see ``Stage``.
    let stage: StageProgram
    let bubblewrap: String
}

extension CommandRun.Result {
    /// As Bash answers: the output, then how it ended unless that was well.
    func outcome(timeout: Duration) -> ToolOutcome {
        let note = [note(timeout: timeout), text.startupNote, review.note].filter { !$0.isEmpty }
            .joined(separator: "\n")
        let output = text.isEmpty && note.isEmpty ? "(No output.)" : text
        let gap = output.isEmpty || note.isEmpty || output.hasSuffix("\n") ? "" : "\n"
        return ToolOutcome(
            text: output + gap + note, isError: end != .exited(code: 0) || review.gap != nil,
            fullOutputPath: fullOutputPath, limit: limit)
    }

    private var limit: String? {
        if review.gap != nil { return "tools.maximumGuardedEntries" }
        return if case .stopped(let stop) = end { stop.limit } else { nil }
    }

    private func note(timeout: Duration) -> String {
        switch end {
        case .exited(code: 0): ""
        case .exited(let code): "(Exit code \(code).)"
        // The stage has said why.
        case .failedToStart where text.contains(Stage.nothingWasRun): ""
        case .failedToStart:
            "(The command did not run: the sandbox could not be built. bubblewrap needs user "
                + "namespaces; `switchboard doctor` says more.)"
        case .lost: "(The sandbox was killed from outside, perhaps for want of memory.)"
        case .stopped(let stop): stop.note(timeout: timeout)
        }
    }
}

extension SandboxStop {
    fileprivate var limit: String? {
        switch self {
        case .timedOut: "tools.commandTime"
        case .tooMuchOutput: "tools.maximumProducedBytes"
        case .tooManyProcesses: "tools.maximumProcesses"
        case .tooMuchMemory: "tools.maximumMemoryBytes"
        case .cancelled, .startFailed, .unbounded, .unmeasured: nil
        }
    }

    func note(timeout: Duration) -> String {
        switch self {
        case .cancelled:
            "(Interrupted. The command and all that it started were ended.)"
        case .timedOut:
            "(Timed out after \(timeout.components.seconds) s. The command and all that it started "
                + "were ended. Set a longer timeout, or do less at once.)"
        case .tooMuchOutput:
            "(Ended: it wrote more than \(ToolLimits.maximumProducedBytes) bytes.)"
        case .tooManyProcesses:
            "(Ended: it wanted more than \(ToolLimits.maximumProcesses) processes and threads, which "
                + "is the limit of one call.)"
        case .tooMuchMemory:
            "(Ended: it used more than \(ToolLimits.maximumMemoryBytes) bytes of memory, /tmp and "
                + "/dev/shm included, which is the limit of one call.)"
        case .startFailed:
            "(The command did not run: the sandbox was not ready in time, or one "
                + "of its limits could not be placed.)"
        case .unbounded:
            "(The command did not run: the agent worker is root, whose processes the kernel counts "
                + "only in a control group, and it could make none under /sys/fs/cgroup. Run the "
                + "worker as another user, or give it a writable control group.)"
        case .unmeasured:
            "(The command did not run: its memory could not be measured, as /proc of its sandbox "
                + "could not be read. Give the agent worker a control group: `Delegate=memory pids`.)"
        }
    }
}

extension String {
    /// For an output that looks as if something guarded was in the way.
    fileprivate var startupNote: String {
        let refusals = [
            "Read-only file system", "Device or resource busy", "could not write config",
        ]
        let isAbout = { (word: String) in GuardedName.warning(about: [word]) != nil }
        guard refusals.contains(where: contains), words.contains(where: isAbout) else { return "" }
        return "(What runs later outside of the sandbox can be read only: files of shells and "
            + "editors, .git/config, .git/hooks and the like. The workspace's allowsStartupFiles "
            + "says otherwise; a person can set it, or make the change.)"
    }
}
