import Crypto
import Daemon
import EventLoop
import Glibc
import JSON
import Logging

/// The process `switchboard-ws`: one worker, from the command line to the exit status.
public enum WebSocketWorkerProcess {
    private static let program = "switchboard-ws"
    /// The group's members connect: nginx is one of them.
    private static let socketMode: UInt32 = 0o660

    /// Runs until it is told to stop, and ends the process.
    public static func run() -> Never {
        let arguments = DaemonArguments.parseOrExit(
            program: program, defaultName: "ws-1", acceptsTCP: true)
        do {
            JSON.seed()
            try Crypto.initialise()
            let environment = ProcessEnvironment.variables()
            let settings = try Settings.load(
                configDirectory: arguments.paths.configDirectory, environment: environment)
            let logger = Log.bootstrap(process: arguments.name, settings: settings.logging)
            try serve(arguments, settings, Notify(environment: environment), logger)
            exit(0)
        } catch let error as SettingsError {
            StandardError.write("\(program): \(error)\n")
            exit(EX_CONFIG)
        } catch {
            StandardError.write("\(program): \(error)\n")
            exit(1)
        }
    }

    private static func serve(
        _ arguments: DaemonArguments, _ settings: Settings, _ notify: Notify, _ logger: Logger
    ) throws {
        let loop = try EventLoop()
        let worker = try WebSocketWorker(
            loop: loop, settings: settings, hubSocket: arguments.paths.hubSocket,
            name: arguments.name, logger: logger)
        defer { worker.stop() }
        let path = arguments.paths.webSocketSocket(name: arguments.name)
        try worker.listen(unixSocket: path, mode: socketMode)
        if let wanted = arguments.listenTCP {
            let port = try worker.listen(loopbackPort: Int(wanted))
            logger.info("listening on loopback too", metadata: ["port": "\(port)"])
        }
        let signals = StopSignal(
            loop: loop,
            stop: { again in
                notify.stopping()
                if again { return loop.stop() }
                worker.drain { loop.stop() }
            },
            reload: { logger.info("settings are read at start only; restart to take them over") })
        worker.start()
        let watchdog = notify.watchdogInterval.map { interval in
            loop.schedule(after: interval, repeating: interval) { notify.watchdog() }
        }
        notify.ready(status: "listening")
        logger.info("listening", metadata: ["socket": "\(path)"])
        loop.run()
        logger.info("stopped")
        withExtendedLifetime((signals, watchdog)) {}
    }
}
