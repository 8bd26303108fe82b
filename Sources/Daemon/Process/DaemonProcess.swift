import Crypto
import EventLoop
import Glibc
import JSON
import Logging
import System

/// Why a process could not start, where the error can say whether another try may go better.
public protocol StartFailure: Error {
    /// The process ends with 78 (EX_CONFIG), upon which its unit gives up until somebody starts it.
    var isLasting: Bool { get }
}

extension SettingsError: StartFailure {
    public var isLasting: Bool { true }
}

/// What a process of the product is, apart from its start and its end.
///
/// Confined to the loop's thread, which is the main one.
public protocol DaemonService: AnyObject {
    /// Opens whatever it needs: sockets, threads, a database.
    ///
    /// Any error ends the process with status 1; a lasting ``StartFailure`` with 78.
    init(_ process: DaemonProcess) throws
    /// Begins to serve and says so with ``DaemonProcess/ready(_:_:)``; signals are in force.
    func start()
    /// Drains, once, and then stops the loop.
    func stop()
    /// Closes what is left after the loop.
    ///
    /// - Returns: what the last line of the log says besides.
    func finish() -> Logger.Metadata
}

/// The shell around a daemon: from the command line to the exit status.
public final class DaemonProcess {
    public let arguments: DaemonArguments
    public let environment: [String: String]
    public let settings: Settings
    public let logger: Logger
    public let loop: EventLoop

    /// Told to stop, by a signal or by the service itself.
    public private(set) var isStopping = false
    /// What the process ends with, unless it cannot even start.
    public var exitStatus: Int32 = 0
    /// Called for SIGHUP; nil where only a restart takes over settings.
    public var onReload: (() -> Void)?

    private let notify: Notify
    private var watchdog: Timer?
    /// Each holds the other until the process ends: nothing is taken apart before its end.
    private var service: (any DaemonService)?

    /// Runs a service's whole life, and ends the process.
    ///
    /// - Parameters:
    ///   - program: for messages to whoever started it, such as `switchboard-hub`.
    ///   - defaultName: the process's name without `--name`.
    ///   - extra: the options that it has beyond everybody's.
    public static func run<Service: DaemonService>(
        _ service: Service.Type, program: String, defaultName: String,
        extra: Set<DaemonArguments.ExtraOption> = []
    ) -> Never {
        let arguments = DaemonArguments.parseOrExit(
            program: program, defaultName: defaultName, extra: extra)
        do {
            let process = try DaemonProcess(arguments)
            try process.serve(service)
            endProcess(process.exitStatus)
        } catch {
            StandardError.fail("\(program): \(error)\n")
            let isLasting = (error as? any StartFailure)?.isLasting == true
            endProcess(isLasting ? EX_CONFIG : 1)
        }
    }

    private init(_ arguments: DaemonArguments) throws {
        JSON.seed()
        try Crypto.initialise()
        self.arguments = arguments
        environment = ProcessEnvironment.variables()
        settings = try Settings.load(
            configDirectory: arguments.paths.configDirectory, environment: environment)
        logger = Log.bootstrap(process: arguments.name, settings: settings.logging)
        notify = Notify(environment: environment)
        loop = try EventLoop()
    }

    private func serve<Service: DaemonService>(_ type: Service.Type) throws {
        let service = try type.init(self)
        self.service = service
        // After the service's libraries, which may set handlers of their own.
        let signals = StopSignal(
            loop: loop, stop: { [weak self] _ in self?.stop() },
            reload: { [weak self] in self?.reload() })
        service.start()
        loop.run()
        logger.info("stopped", metadata: service.finish())
        withExtendedLifetime(signals) {}
    }

    /// The service answers: tells the service manager and the log.
    ///
    /// - Parameter status: what `systemctl status` shows, one line.
    public func ready(_ status: String, _ metadata: Logger.Metadata) {
        watchdog = notify.watchdogInterval.map { [loop, notify] interval in
            loop.schedule(after: interval, repeating: interval) { notify.watchdog() }
        }
        notify.ready(status: status)
        logger.info("listening", metadata: metadata)
    }

    /// Has the service drain, as SIGTERM does; asked again, it ends at once.
    public func stop() {
        guard !isStopping else { return loop.stop() }
        isStopping = true
        notify.stopping()
        logger.info("stopping")
        service?.stop()
    }

    private func reload() {
        if let onReload { return onReload() }
        logger.info("settings are read at start only; restart to take them over")
    }
}
