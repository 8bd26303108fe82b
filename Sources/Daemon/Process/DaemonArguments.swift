import Glibc
import System

/// The command line of a daemon.
///
/// The few options that exist are read by hand: a daemon starts often, and its options are settings
/// of the installation, not of a person.
public struct DaemonArguments: Sendable, Equatable {
    public let paths: Paths
    /// The process's name, such as `hub` or `ws-2`.
    public let name: String
    /// Loopback port that a WebSocket worker also listens on; 0 lets the system choose.
    public let listenTCP: UInt16?
    /// Whom agent workers run as, where it is not whoever started them.
    public let agentUser: UnixUser?

    /// What the command line asks for.
    public enum Request: Sendable, Equatable {
        case run(DaemonArguments)
        case help
        case version
    }

    /// `arguments` without the program's name; `defaultName` is used where `--name` is not given.
    ///
    /// `extra` holds the options beyond everybody's that this daemon has.
    public static func parse(
        _ arguments: [String], defaultName: String, extra: Set<ExtraOption> = []
    ) throws(DaemonArgumentsError) -> Request {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" { return .help }
            if argument == "--version" { return .version }
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = parts.first.map(String.init) ?? ""
            guard
                options.contains(option)
                    || ExtraOption(rawValue: option).map(extra.contains) == true
            else {
                throw .unknown(argument)
            }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !value.isEmpty
            else { throw .missingValue(option) }
            guard values.updateValue(value, forKey: option) == nil else { throw .repeated(option) }
        }
        return .run(try build(values, defaultName: defaultName))
    }

    /// Parses the process's own command line; prints and ends the process where there is nothing
    /// to run: status 0 after `--help` and `--version`, 2 after a wrong argument.
    public static func parseOrExit(
        program: String, defaultName: String, extra: Set<ExtraOption> = []
    ) -> DaemonArguments {
        let usage = usage(program: program, extra: extra)
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            switch try parse(arguments, defaultName: defaultName, extra: extra) {
            case .run(let result): return result
            case .help:
                print(usage)
                exit(0)
            case .version:
                print(Version.line(of: program))
                exit(0)
            }
        } catch {
            StandardError.fail("\(program): \(error)\n\(usage)\n")
            exit(2)
        }
    }

    private static let options = ["--config-dir", "--state-dir", "--run-dir", "--name"]

    /// What only some daemons have.
    public enum ExtraOption: String, Sendable {
        /// The WebSocket worker.
        case listenTCP = "--listen-tcp"
        /// The hub, which knows agent workers by it, and the agent worker, which becomes it.
        case agentUser = "--agent-user"
    }

    private static func build(
        _ values: [String: String], defaultName: String
    ) throws(DaemonArgumentsError) -> DaemonArguments {
        func directory(_ option: String, _ installed: String) throws(DaemonArgumentsError) -> String
        {
            let path = values[option] ?? installed
            guard path.hasPrefix("/") else {
                throw .badValue(option, path, allowed: "an absolute path")
            }
            return path
        }
        let name = values["--name"] ?? defaultName
        guard ProcessName.isValid(name) else {
            throw .badValue(
                "--name", name, allowed: "1 to \(ProcessName.maximumBytes) of a-z, 0-9 and -")
        }
        let port = try values["--listen-tcp"].map { (text) throws(DaemonArgumentsError) in
            guard let port = UInt16(text) else {
                throw .badValue("--listen-tcp", text, allowed: "a port from 0 to 65535")
            }
            return port
        }
        let agentUser = try values["--agent-user"].map { (text) throws(DaemonArgumentsError) in
            guard let user = UnixUser(parsing: text) else {
                throw .badValue(
                    "--agent-user", text,
                    allowed: "the name of an account (systemd-sysusers makes switchboard-agent), or"
                        + " UID:GID in numbers")
            }
            return user
        }
        let config = try directory("--config-dir", Paths.installedConfigDirectory)
        let state = try directory("--state-dir", Paths.installedStateDirectory)
        let run = try directory("--run-dir", Paths.installedRunDirectory)
        do throws(PathsError) {
            let paths = try Paths(
                configDirectory: config, stateDirectory: state, runDirectory: run)
            return DaemonArguments(
                paths: paths, name: name, listenTCP: port, agentUser: agentUser)
        } catch {
            throw .paths(error)
        }
    }

    static func usage(program: String, extra: Set<ExtraOption>) -> String {
        let tcp =
            extra.contains(.listenTCP)
            ? "\n  --listen-tcp PORT  listen on 127.0.0.1 as well, for tests and benchmarks" : ""
        let user =
            extra.contains(.agentUser)
            ? "\n  --agent-user USER  whom agent workers run as: an account, or UID:GID" : ""
        return """
            usage: \(program) [options]
              --config-dir DIR   config.json and theme.json (\(Paths.installedConfigDirectory))
              --state-dir DIR    the database (\(Paths.installedStateDirectory))
              --run-dir DIR      sockets (\(Paths.installedRunDirectory))
              --name NAME        name in logs and of the socket's folder\(tcp)\(user)
              --version          its version
              --help             this text
            """
    }
}

/// What is wrong with a daemon's command line.
public enum DaemonArgumentsError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    case repeated(String)
    case badValue(String, String, allowed: String)
    case paths(PathsError)

    public var description: String {
        switch self {
        case .unknown(let argument):
            "there is no option \(LogText.escaped(argument, maximumBytes: 128))"
        case .missingValue(let option): "\(option) needs a value"
        case .repeated(let option): "\(option) is given twice"
        case .badValue(let option, let value, let allowed):
            "\(option) \(LogText.escaped(value, maximumBytes: 128)): must be \(allowed)"
        case .paths(let error): error.description
        }
    }
}
