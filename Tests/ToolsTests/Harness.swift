import EventLoop
import HTTPClient
import JSON
import Realtime
import Testing
import Tools

/// A workspace, a loop and a runner, for one test on one thread.
final class Harness {
    let folder: Folder
    let loop: EventLoop
    let runner: ToolRunner
    private(set) var workspace: Workspace
    /// What commands wrote, as it came.
    private(set) var output = ""
    private var count = 0

    /// - Parameter admits: what WebFetch may connect to; the real rule if left out.
    init(
        allowsNetwork: Bool = false, programs: Programs = .installed(),
        admits: (@Sendable (RemoteAddress) -> Bool)? = nil
    ) throws {
        folder = try Folder()
        try Folder.make("\(folder.path)/w")
        let loop = try EventLoop()
        self.loop = loop
        runner =
            admits.map { ToolRunner(on: loop, programs, WebFetcher(admits: $0)) }
            ?? ToolRunner(on: loop, programs: programs)
        workspace = try Workspace(
            path: "\(folder.path)/w", outputFolder: "\(folder.path)/out",
            reserved: ReservedFolders(["\(folder.path)/state"]),
            allows: .init(network: allowsNetwork))
    }

    var root: String { workspace.root }

    /// The next run of the same session, or of another one.
    func nextRun(of session: String = "out") throws {
        workspace = try Workspace(
            path: root, outputFolder: "\(folder.path)/\(session)", reserved: ReservedFolders([]))
    }

    func call(_ name: String, _ input: JSONObject) -> ToolCall {
        count += 1
        return ToolCall(id: "toolu_\(count)", name: name, input: input)
    }

    /// What a call is prepared to.
    func prepare(_ name: String, _ input: JSONObject) throws -> Result<PreparedCall, ToolRefusal> {
        var answer: Result<PreparedCall, ToolRefusal>?
        runner.prepare(call(name, input), in: workspace) { [loop] in
            answer = $0
            loop.stop()
        }
        try wait { answer != nil }
        return try #require(answer)
    }

    /// Prepares a call and runs it, without asking anybody.
    @discardableResult func run(
        _ name: String, _ input: JSONObject, access: SandboxAccess = .writable,
        cancelWhen: ((String) -> Bool)? = nil
    ) throws -> ToolOutcome {
        switch try prepare(name, input) {
        case .failure(let refusal): return refusal.outcome
        case .success(let call): return try run(call, access: access, cancelWhen: cancelWhen)
        }
    }

    /// Runs a prepared call.
    func run(
        _ call: PreparedCall, access: SandboxAccess, cancelWhen: ((String) -> Bool)? = nil
    ) throws -> ToolOutcome {
        output = ""
        var outcomes: [ToolOutcome] = []
        var running: ToolRun?
        running = runner.run(call, access: access, in: workspace) { [unowned self] text in
            output += text
            if cancelWhen?(output) == true { running?.cancel() }
        } completion: { [loop] in
            outcomes.append($0)
            loop.stop()
        }
        #expect(outcomes.isEmpty, "a completion never comes during the call")
        try wait { !outcomes.isEmpty }
        #expect(outcomes.count == 1)
        return try #require(outcomes.first)
    }

    /// A command in bash, with its output as the answer.
    func bash(
        _ command: String, access: SandboxAccess = .writable, timeout: Int64 = 30_000,
        cancelWhen: ((String) -> Bool)? = nil
    ) throws -> ToolOutcome {
        try run(
            "Bash", ["command": .string(command), "timeout": .integer(timeout)], access: access,
            cancelWhen: cancelWhen)
    }

    /// Runs the loop until something is so; after a minute the test fails.
    ///
    /// - Parameter state: what there is instead, for the failure.
    func wait(until isDone: @escaping () -> Bool, else state: () -> String = { "" }) throws {
        let end = ContinuousClock.now + .seconds(60)
        let timer = loop.schedule(after: .milliseconds(20), repeating: .milliseconds(20)) {
            [loop] in
            if isDone() || ContinuousClock.now > end { loop.stop() }
        }
        defer { timer.cancel() }
        while !isDone() {
            try #require(ContinuousClock.now < end, "not within a minute: \(state())")
            loop.run()
        }
    }

    func write(_ path: String, _ text: String) throws {
        try Folder.write("\(root)/\(path)", text)
    }

    func text(_ path: String) -> String? { Folder.text("\(root)/\(path)") }
}
