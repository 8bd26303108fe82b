import AgentWorker
import ClaudeAPI
import Crypto
import Daemon
import DemoModel
import EventLoop
import struct Foundation.Data
import class Foundation.FileManager
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import TestSupport
import Tools

/// A real agent worker on one loop with the demo model and a played hub, in a directory of its own.
final class WorkerWorld {
    let loop: EventLoop
    let directory: String
    private let temporary: TemporaryDirectory
    let workspace: String
    let hub: PlayedHub
    let model: DemoModelServer
    let worker: AgentWorker
    /// Of a test, for as long as its world.
    var timer: Timer?

    init(hasKey: Bool = true, pace: Duration = .zero) throws {
        _ = signal(SIGPIPE, SIG_IGN)
        loop = try EventLoop()
        temporary = try TemporaryDirectory()
        directory = temporary.path
        workspace = "\(directory)/work"
        _ = unsafe mkdir(workspace, 0o700)
        hub = try PlayedHub(loop: loop, path: "\(directory)/hub.sock")
        model = try DemoModelServer(loop: loop, pace: pace)
        worker = try Self.worker(loop, directory, hasKey ? model.baseURL : nil)
        worker.start()
    }

    private static func worker(
        _ loop: EventLoop, _ directory: String, _ baseURL: String?
    ) throws -> AgentWorker {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let model = try baseURL.map { url in
            var configuration = try ClaudeConfiguration(
                .key(Secret("test")), baseURL: url, environment: [:])
            configuration.idleTimeout = .milliseconds(300)
            configuration.retries = RetryPolicy(
                maximumAttempts: 3, firstDelay: .milliseconds(1), maximumDelay: .milliseconds(5))
            return Model(
                loop: loop, configuration: configuration,
                options: Model.Options(name: "demo", maximumOutputTokens: 4_096))
        }
        return AgentWorker(
            loop: loop,
            AgentWorker.Parts(
                settings: AgentSettings(), hubSocket: "\(directory)/hub.sock", name: "agent-1",
                folders: WorkspaceFolders(
                    stateDirectory: "\(directory)/state", reserved: ReservedFolders([])),
                model: model, tools: ToolRunner(on: loop)),
            logger: logger)
    }

    /// Waits for the worker's first words.
    func begin() { run { self.hub.readiness != nil } }

    /// Runs the loop until the condition holds; gives up after a minute, and the test's own
    /// expectations then say what is missing.
    func run(until condition: @escaping () -> Bool) {
        let check = loop.atEndOfIteration { [loop] in if condition() { loop.stop() } }
        let deadline = loop.schedule(after: .seconds(60)) { [loop] in loop.stop() }
        if !condition() { loop.run() }
        check.cancel()
        deadline.cancel()
    }

    /// Sends a message to a session and waits for the end of its run.
    func play(
        _ text: String, in session: SessionID = "ses", mode: SessionMode = .allowAll
    ) {
        hub.run(text, in: session, mode: mode, workspace: workspace)
        run { self.hub.isOver(session) }
    }

    func file(_ name: String) -> String? {
        let bytes = try? SmallFile.read("\(workspace)/\(name)", maximumBytes: 65_536)
        return bytes.flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }

    func end() {
        worker.stop()
        hub.close()
    }
}

/// Whether a process with this command line is there, anywhere on the machine.
func isRunning(_ command: [String]) -> Bool {
    let wanted = Data((command.joined(separator: "\0") + "\0").utf8)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    // A process may end while it is looked at.
    return names.contains { FileManager.default.contents(atPath: "/proc/\($0)/cmdline") == wanted }
}
