import ClaudeAPI
import Daemon

/// Everything that one run of `switchboard dev` is, decided before the first process starts.
struct DevConfiguration {
    let layout: DevLayout
    let executables: Executables
    let port: UInt16
    let prefix: PathPrefix
    /// nginx's addresses.
    let listen: [String]
    let webSocketWorkers: [String]
    let webSocketTCPPort: UInt16?
    let readyFile: String?
    let environment: [String: String]
    let model: DevModel

    /// The programs in the order in which they are listed and started.
    var programs: [Child.Program] {
        [hub, fastCGI] + webSocketWorkers.enumerated().map { webSocket($1, isFirst: $0 == 0) }
            + demoModel + [agent, nginx]
    }

    private var hub: Child.Program {
        Child.Program(
            name: "hub", path: executables.hub, arguments: daemonArguments("hub") + agentUser,
            environment: childEnvironment, colour: .cyan)
    }

    private var fastCGI: Child.Program {
        Child.Program(
            name: "fcgi", path: executables.fastCGI, arguments: daemonArguments("fcgi"),
            environment: childEnvironment, colour: .yellow)
    }

    private func webSocket(_ name: String, isFirst: Bool) -> Child.Program {
        let tcp = isFirst ? webSocketTCPPort.map { ["--listen-tcp", "\($0)"] } ?? [] : []
        return Child.Program(
            name: name, path: executables.webSocket, arguments: daemonArguments(name) + tcp,
            environment: childEnvironment, colour: .green)
    }

    /// The one process that gets the key.
    private var agent: Child.Program {
        Child.Program(
            name: "agent", path: executables.agent,
            arguments: daemonArguments("agent-1") + agentUser,
            environment: agentEnvironment, colour: .blue,
            // Its tools die with it, each in its turn.
            orphanSignal: "TERM")
    }

    private var agentUser: [String] { layout.agentUser.map { ["--agent-user", "\($0)"] } ?? [] }

    private var agentEnvironment: [String: String] {
        var own = model.environment(Self.forChildren(environment))
        // Root's home is not its user's.
        if layout.agentUser != nil { own["HOME"] = layout.paths.agentDirectory }
        return own
    }

    private var demoModel: [Child.Program] {
        guard case .demo(let port) = model else { return [] }
        return [
            Child.Program(
                name: "model", path: executables.own,
                arguments: ["demo-model", "--port", "\(port)"],
                environment: childEnvironment, colour: .blue)
        ]
    }

    /// As root nginx would hand its workers to `nobody`, who cannot enter our directories.
    private var nginx: Child.Program {
        let user = FileSystem.isRoot ? ["-g", "user root;"] : []
        return Child.Program(
            name: "nginx", path: executables.nginx,
            arguments: [
                "-e", "stderr", "-p", layout.nginx, "-c", "\(layout.nginx)/nginx.conf",
            ] + user,
            environment: childEnvironment, colour: .magenta, orphanSignal: "TERM",
            staleSocket: layout.httpSocket)
    }

    private func daemonArguments(_ name: String) -> [String] {
        [
            "--config-dir", layout.paths.configDirectory,
            "--state-dir", layout.paths.stateDirectory,
            "--run-dir", layout.paths.runDirectory, "--name", name,
        ]
    }

    /// A service manager that watches over the supervisor knows nothing of its children.
    private static func forChildren(_ environment: [String: String]) -> [String: String] {
        environment.filter { !["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"].contains($0.key) }
    }

    private var childEnvironment: [String: String] {
        Self.forChildren(environment).filter { !secrets.contains($0.key) }
    }

    /// Of the model's endpoint: for the agent worker alone.
    private var secrets: Set<String> {
        Set(ClaudeCredential.Source.allCases.map(\.variable) + ["CREDENTIALS_DIRECTORY"])
    }
}
