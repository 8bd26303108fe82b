import ClaudeAPI
import Crypto
import Daemon
import EventLoop
import Glibc
import JSON
import Logging
import System
import Tools

/// The worker was started as a user that cannot become the one it is to be.
struct AgentUserError: Error, CustomStringConvertible {
    let user: UnixUser
    let reason: SystemError

    var description: String {
        "uid \(geteuid()) could not become \(user), as --agent-user says: \(reason); start it as root,"
            + " or as that user without the option"
    }
}

/// The process `switchboard-agent`: one worker, from the command line to the exit status.
public enum AgentWorkerProcess {
    private static let program = "switchboard-agent"

    /// Runs until it is told to stop, and ends the process.
    public static func run() -> Never {
        let arguments = DaemonArguments.parseOrExit(
            program: program, defaultName: "agent-1", extra: [.agentUser])
        do {
            JSON.seed()
            try Crypto.initialise()
            let environment = ProcessEnvironment.variables()
            let settings = try Settings.load(
                configDirectory: arguments.paths.configDirectory, environment: environment)
            let claude = try configuration(settings.agent, environment)
            // With what only root may reach in hand; the rest needs no more than an agent has.
            let stage = StageProgram.installed()
            if let user = arguments.agentUser { try become(user) }
            let logger = Log.bootstrap(process: arguments.name, settings: settings.logging)
            try serve(
                arguments, settings.agent, claude, .installed(stage: stage),
                Notify(environment: environment), logger)
            endProcess(0)
        } catch let error as SettingsError {
            StandardError.fail("\(program): \(error)\n")
            endProcess(EX_CONFIG)
        } catch let error as ClaudeConfigurationError {
            StandardError.fail("\(program): \(error)\n")
            endProcess(EX_CONFIG)
        } catch {
            StandardError.fail("\(program): \(error)\n")
            endProcess(1)
        }
    }

    private static func become(_ user: UnixUser) throws {
        guard geteuid() != user.uid else { return }
        WorkerGroup.enter(for: user)
        do throws(SystemError) {
            try user.become()
        } catch {
            throw AgentUserError(user: user, reason: error)
        }
    }

    /// Nil without a credential: the worker runs all the same, so that people in a session read why
    /// nothing answers, instead of waiting for nobody.
    private static func configuration(
        _ settings: AgentSettings, _ environment: [String: String]
    ) throws(ClaudeConfigurationError) -> ClaudeConfiguration? {
        guard let credential = try ClaudeCredential.load(environment: environment) else {
            return nil
        }
        var claude = try ClaudeConfiguration(credential, environment: environment)
        claude.idleTimeout = settings.modelIdle
        claude.progressTimeout = settings.modelProgress
        return claude
    }

    private static func serve(
        _ arguments: DaemonArguments, _ settings: AgentSettings, _ claude: ClaudeConfiguration?,
        _ programs: Programs, _ notify: Notify, _ logger: Logger
    ) throws {
        let loop = try EventLoop()
        report(programs, claude, logger)
        let worker = AgentWorker(
            loop: loop, parts(arguments, settings, claude, programs, loop), logger: logger)
        defer { worker.stop() }
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
        notify.ready(status: "taking runs")
        logger.info("taking runs", metadata: ["capacity": "\(settings.capacity)"])
        loop.run()
        logger.info("stopped")
        withExtendedLifetime((signals, watchdog)) {}
    }

    private static func parts(
        _ arguments: DaemonArguments, _ settings: AgentSettings, _ claude: ClaudeConfiguration?,
        _ programs: Programs, _ loop: EventLoop
    ) -> AgentWorker.Parts {
        let paths = arguments.paths
        let options = Model.Options(
            name: settings.model, maximumOutputTokens: settings.maximumOutputTokens)
        return AgentWorker.Parts(
            settings: settings, hubSocket: paths.agentsSocket, name: arguments.name,
            folders: WorkspaceFolders(
                stateDirectory: paths.agentDirectory,
                reserved: ReservedFolders(paths.reserved)),
            model: claude.map { Model(loop: loop, configuration: $0, options: options) },
            tools: ToolRunner(on: loop, programs: programs))
    }

    private static func report(
        _ programs: Programs, _ claude: ClaudeConfiguration?, _ logger: Logger
    ) {
        if let claude {
            logger.info(
                "the model's endpoint is known",
                metadata: [
                    "url": "\(claude.baseURL)", "credential": "\(claude.credential.label)",
                ])
        } else {
            logger.error(
                "neither an API key nor a token is configured, so every run will fail",
                metadata: [
                    "credential": "\(ClaudeCredential.credentialNames)",
                    "variable": "\(ClaudeCredential.variables)",
                ])
        }
        if !ToolRunner.boundsProcesses {
            logger.error(
                "no command will run: as root it needs a control group, and can make none",
                metadata: ["looked_under": "/sys/fs/cgroup", "remedy": "run it as another user"])
        }
        if !ToolRunner.boundsMemory {
            logger.notice(
                "the memory of commands is sampled: no control group of this worker bounds it",
                metadata: ["looked_under": "/sys/fs/cgroup", "remedy": "Delegate=pids memory"])
        }
        if !programs.missingPackages.isEmpty {
            logger.warning(
                "some tools will not work until these Debian packages are installed",
                metadata: ["packages": "\(programs.missingPackages.joined(separator: " "))"])
        }
    }
}
