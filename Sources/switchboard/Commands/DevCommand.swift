import ArgumentParser
import Daemon
import Glibc

/// The whole product in the foreground on one machine.
struct DevCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run everything on this machine in the foreground.",
        discussion: """
            Starts nginx with a certificate of its own, the hub and the workers, makes a first team,
            login and API key, and restarts what dies. Ctrl-C ends it all. Agents ask the model at
            ANTHROPIC_BASE_URL with ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN; without either, a \
            scripted demo model.
            """)

    @Option(
        help: """
            Where everything is kept (default: ~/.local/state/switchboard, for root \
            /var/lib/switchboard-dev).
            """)
    var state: String?

    @Option(help: "The port of nginx on this machine; 0 takes a free one.")
    var port: UInt16 = 8443

    @Option(help: "How many WebSocket workers, 1 to 64.")
    var wsWorkers = 1

    @Option(help: "Loopback port at which the first WebSocket worker listens as well.")
    var wsTcp: UInt16?

    @Option(help: "Written as JSON when everything answers, and whenever a process is replaced.")
    var readyFile: String?

    @Option(help: "Path that everything lives under, such as /agents (default: none).")
    var pathPrefix: PathPrefix = .none

    func validate() throws {
        guard (1...64).contains(wsWorkers) else {
            throw ValidationError("--ws-workers takes 1 to 64, not \(wsWorkers)")
        }
    }

    func run() throws {
        let environment = ProcessEnvironment.variables()
        let layout = try DevLayout(state: state, environment: environment)
        let workers = (1...wsWorkers).map { "ws-\($0)" }
        try layout.create(webSocketWorkers: workers)
        // Whatever a process creates here is nobody else's.
        umask(0o077)
        let lock = try StateLock(layout.lock)
        let configuration = try configuration(layout, workers, environment)
        let code = try Supervisor(
            configuration, terminal: LineOutput(environment: environment)
        ).run()
        withExtendedLifetime(lock) {}
        if code != 0 { throw ExitCode(code) }
    }

    /// Everything that can be wrong is found here, before a process is started.
    private func configuration(
        _ layout: DevLayout, _ workers: [String], _ environment: [String: String]
    ) throws -> DevConfiguration {
        let executables = try Executables.locate()
        _ = try Settings.load(
            configDirectory: layout.paths.configDirectory, environment: environment)
        let (port, listen) = try LoopbackPort.reserve(port)
        let readyFile = readyFile.map(FileSystem.absolute)
        if let readyFile { FileSystem.remove(readyFile) }
        try Certificate.ensure(in: layout.tls, openssl: executables.openssl)
        try NginxFiles(
            source: executables.files.nginx, console: executables.files.console,
            client: executables.files.client, layout: layout, listen: listen,
            prefix: pathPrefix, webSocketWorkers: workers
        ).render()
        return DevConfiguration(
            layout: layout, executables: executables, port: port, prefix: pathPrefix,
            listen: listen,
            webSocketWorkers: workers, webSocketTCPPort: wsTcp, readyFile: readyFile,
            environment: environment, model: try DevModel.choose(environment))
    }
}
