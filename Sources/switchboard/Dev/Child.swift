import EventLoop
import Glibc
import Realtime

/// One supervised process: its program, its output, and when it is started again.
///
/// Confined to the supervisor's loop.
final class Child {
    /// What is started, and how it is to be ended.
    struct Program {
        let name: String
        let path: String
        let arguments: [String]
        let environment: [String: String]
        let colour: LineOutput.Colour
        /// Sent to it by the kernel when its supervisor dies.
        ///
        /// What holds no children of its own can be killed; nginx has to end its workers first.
        var orphanSignal = "KILL"
        /// Removed before each start: nginx does not replace a socket that it left behind.
        var staleSocket: String?
    }

    let program: Program
    /// Nil while it is not running.
    private(set) var pid: pid_t?
    /// The last lines it wrote, for the report of its failure.
    private(set) var lastLines: [String] = []

    private let loop: EventLoop
    private let setpriv: String
    private let onLine: (Child, String) -> Void
    private var output: (descriptor: Int32, watcher: DescriptorWatcher)?
    private var reader = LineReader()
    private var backoff = Backoff(first: .milliseconds(100), maximum: .seconds(1))
    private var random = SystemRandomNumberGenerator()
    private var restartTimer: Timer?
    private var startedAt: Duration = .zero

    private static let keptLines = 20
    /// A process that lived this long was started well.
    private static let steadyAfter: Duration = .seconds(10)

    init(
        _ program: Program, loop: EventLoop, setpriv: String,
        onLine: @escaping (Child, String) -> Void
    ) {
        self.program = program
        self.loop = loop
        self.setpriv = setpriv
        self.onLine = onLine
    }

    func start() throws(CommandFailure) {
        if let staleSocket = program.staleSocket { FileSystem.remove(staleSocket) }
        let pipe = try Pipe()
        let spawn = Spawn(
            path: setpriv,
            arguments: ["--pdeathsig", program.orphanSignal, "--", program.path]
                + program.arguments,
            environment: program.environment, output: pipe.writeEnd)
        defer { close(pipe.writeEnd) }
        do {
            pid = try spawn.start()
        } catch {
            close(pipe.readEnd)
            throw error
        }
        startedAt = loop.now
        lastLines = []
        read(from: pipe.readEnd)
    }

    /// Starts again after a delay that grows with every early death.
    func restartLater(_ restarted: @escaping (Result<Void, CommandFailure>) -> Void) {
        if loop.now - startedAt >= Self.steadyAfter { backoff.reset() }
        restartTimer = loop.schedule(after: backoff.next(using: &random)) { [weak self] in
            guard let self else { return }
            do throws(CommandFailure) {
                try start()
                restarted(.success(()))
            } catch {
                restarted(.failure(error))
            }
        }
    }

    /// Takes the status of a process that has ended; nil if it has not.
    func reap() -> ExitStatus? {
        guard let pid else { return nil }
        var word: Int32 = 0
        guard unsafe waitpid(pid, &word, WNOHANG) == pid else { return nil }
        self.pid = nil
        // Its group goes with it: nginx's workers would hold the port of a killed master.
        kill(-pid, SIGKILL)
        readRest()
        return ExitStatus(word: word)
    }

    /// Tells a running process something that does not end it.
    func signal(_ number: Int32) {
        if let pid { kill(pid, number) }
    }

    func stop(_ signal: Int32) {
        restartTimer?.cancel()
        guard let pid else { return }
        kill(signal == SIGKILL ? -pid : pid, signal)
    }

    private func read(from descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let watcher = loop.watch(descriptor, .read) { [weak self] _ in self?.readReady() }
        output = (descriptor, watcher)
    }

    /// One read a call, so that a chatty child leaves the others their turn.
    private func readReady() {
        guard let output else { return }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(output.descriptor, &chunk, chunk.count)
        if count > 0 {
            for line in reader.append(chunk[..<count]) { took(line) }
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            closeOutput()
        }
    }

    /// What was written before the end, also when a descendant still holds the pipe open.
    private func readRest() {
        guard let output else { return }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(output.descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            for line in reader.append(chunk[..<count]) { took(line) }
        }
        closeOutput()
    }

    private func closeOutput() {
        guard let output else { return }
        if let line = reader.finish() { took(line) }
        output.watcher.cancel()
        close(output.descriptor)
        self.output = nil
    }

    private func took(_ line: String) {
        lastLines.append(line)
        if lastLines.count > Self.keptLines { lastLines.removeFirst() }
        onLine(self, line)
    }
}
