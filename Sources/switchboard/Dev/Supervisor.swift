import Daemon
import EventLoop
import Glibc
import System

/// Runs the processes of a development installation and ends them all with itself.
///
/// Confined to the main thread and its loop, which sleeps until a child, a signal or a timer has
/// something to say.
final class Supervisor {
    enum Phase {
        /// Before everything answered: the death of a process is the end.
        case starting
        /// The death of a process is followed by its next start.
        case serving(ReadyFile?)
        case stopping(stage: Int)
    }

    let configuration: DevConfiguration
    let loop: EventLoop
    let terminal: LineOutput
    private let started = ContinuousClock.now
    var phase = Phase.starting
    var children: [Child] = []
    var signals: [SignalWatcher] = []
    var rotation: Timer?
    var stopTimers: [Timer] = []
    var failure: CommandFailure?
    var exitCode: Int32 = 0

    /// When whoever has not ended by then is killed; everything is over before 10 s.
    static let workerDeadline: Duration = .milliseconds(8_700)
    static let lastDeadline: Duration = .milliseconds(9_500)
    private static let rotationInterval: Duration = .seconds(30)
    private static let maximumAccessLogBytes: Int64 = 32 * 1024 * 1024

    init(_ configuration: DevConfiguration, terminal: LineOutput) throws {
        self.configuration = configuration
        self.terminal = terminal
        loop = try EventLoop()
    }

    /// Blocks until all processes have ended; the exit status, or why it could not go on.
    func run() throws(CommandFailure) -> Int32 {
        watchSignals()
        raiseDescriptorLimit()
        children = configuration.programs.map { program in
            Child(program, loop: loop, setpriv: configuration.executables.setpriv) {
                [weak self] child, line in self?.show(child, line)
            }
        }
        do throws(CommandFailure) {
            for child in children { try child.start() }
        } catch {
            fail(error)
        }
        let mailbox = loop.mailbox(capacity: 1) { [weak self] (news: [StartupNews]) in
            if let first = news.first { self?.heard(first) }
        }
        let startup = startup
        NamedThread.start("startup") { _ = mailbox.post(startup.run()) }
        loop.run()
        mailbox.close()
        if let failure { throw failure }
        return exitCode
    }

    /// For the children: a soft limit of 1,024 would be 400 clients.
    ///
    /// What is not allowed stays.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private var startup: Startup {
        let paths = configuration.layout.paths
        return Startup(
            hubSocket: paths.hubSocket, firstLoginFile: configuration.layout.firstLogin,
            caFile: configuration.layout.caFile, port: configuration.port,
            prefix: configuration.prefix,
            webSocketSockets: configuration.webSocketWorkers.map {
                ($0, paths.webSocketSocket(name: $0))
            })
    }

    // MARK: Start

    private func heard(_ news: StartupNews) {
        guard case .starting = phase else { return }
        switch news {
        case .answers(let login): serve(login)
        case .failed(let process, let reason):
            fail(report(process, "does not serve: \(reason)"))
        }
    }

    private func serve(_ login: FirstLogin) {
        let ready = configuration.readyFile.map {
            ReadyFile(
                path: $0, layout: configuration.layout, port: configuration.port,
                prefix: configuration.prefix,
                webSocketWorkers: configuration.webSocketWorkers, login: login)
        }
        phase = .serving(ready)
        let welcome = Welcome(
            port: configuration.port, prefix: configuration.prefix, layout: configuration.layout,
            login: login,
            model: configuration.model.notice(configuration.environment),
            startedIn: ContinuousClock.now - started)
        for line in welcome.lines(terminal) { terminal.print(line) }
        writeReadyFile()
        rotation = loop.schedule(after: Self.rotationInterval, repeating: Self.rotationInterval) {
            [weak self] in self?.rotateAccessLog()
        }
    }

    /// Nothing else would ever shorten nginx's access log here: it is kept once more and begun
    /// anew (`SIGUSR1`, nginx's "reopen").
    private func rotateAccessLog() {
        let path = "\(configuration.layout.nginx)/access.log"
        guard FileSystem.size(of: path) > Self.maximumAccessLogBytes,
            let nginx = children.first(where: { $0.program.name == "nginx" })
        else { return }
        FileSystem.rename(path, to: "\(path).1")
        nginx.signal(SIGUSR1)
    }

    private func writeReadyFile() {
        guard case .serving(let file?) = phase else { return }
        let running = children.compactMap { child in child.pid.map { (child.program.name, $0) } }
        do throws(CommandFailure) {
            try file.write(pids: Dictionary(running, uniquingKeysWith: { first, _ in first }))
        } catch {
            fail(error)
        }
    }

    // MARK: Children

    func reapChildren() {
        for child in children {
            if let status = child.reap() { ended(child, status) }
        }
    }

    private func ended(_ child: Child, _ status: ExitStatus) {
        switch phase {
        case .starting:
            fail(report(child.program.name, "ended with \(status) before everything answered"))
        case .serving:
            note("\(child.program.name) ended with \(status); it is started again")
            restart(child)
        case .stopping: advanceStop()
        }
    }

    private func restart(_ child: Child) {
        child.restartLater { [weak self] result in
            switch result {
            case .success: self?.writeReadyFile()
            case .failure(let error): self?.fail(error)
            }
        }
    }

    private func report(_ name: String, _ what: String) -> CommandFailure {
        let lines = children.first { $0.program.name == name }?.lastLines ?? []
        let said = lines.isEmpty ? "It wrote nothing." : "Its last lines:"
        return CommandFailure(
            (["\(name) \(what). \(said)"] + lines.map { "  \($0)" }).joined(separator: "\n"))
    }

    private func show(_ child: Child, _ line: String) {
        let width = children.map(\.program.name.count).max() ?? 0
        let name = child.program.name
        let padded = name + String(repeating: " ", count: max(0, width - name.count))
        terminal.print("\(terminal.coloured("\(padded) |", child.program.colour)) \(line)")
    }

    func note(_ text: String) { terminal.print(terminal.coloured(text, .bold)) }
}
