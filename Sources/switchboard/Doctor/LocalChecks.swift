import Client
import Daemon
import Glibc
import JSON
import Protocol
import System

/// Looks at files, sockets and the hub on this machine.
struct LocalChecks {
    let paths: Paths

    func run() -> [Finding] {
        [configuration] + directories + [database] + sockets + hub
    }

    private var configuration: Finding {
        if let unreadable { return unreadable }
        do {
            let settings = try Settings.load(
                configDirectory: paths.configDirectory, environment: ProcessEnvironment.variables())
            let changed = SettingsTable.all.filter { $0.value(in: settings) != $0.defaultValue }
            return .ok("config", "\(paths.configFile) is valid, \(changed.count) not as by default")
        } catch {
            return .fail("config", "\(error)", "correct \(paths.configFile); no daemon starts so")
        }
    }

    /// The hub reads the file as whom its state belongs to; root, who may run this, can read it all.
    private var unreadable: Finding? {
        guard let hub = FileSystem.owners(of: paths.stateDirectory), hub.user.uid != 0,
            let file = FileSystem.owners(of: paths.configFile)
        else { return nil }
        let bit: mode_t =
            file.user.uid == hub.user.uid ? 0o400 : file.user.gid == hub.user.gid ? 0o040 : 0o004
        guard file.mode & bit == 0 else { return nil }
        return .fail(
            "config", "\(paths.configFile) is not the hub's to read (user \(hub.user))",
            "chown \(hub.user) \(paths.configFile); no daemon starts so")
    }

    /// Nothing of ours is anybody else's to read.
    private var directories: [Finding] {
        let closed: mode_t = 0o077
        let doors: [Finding] = Door.allCases.map { door in
            let path = FileSystem.directory(of: paths.socket(of: door))
            // The agent workers' group passes through theirs, and cannot list it.
            return door == .agents
                ? directory(path, forbidden: 0o067, mode: "2710")
                : directory(path, forbidden: closed, mode: "700")
        }
        return [
            directory(paths.configDirectory, forbidden: 0o022, mode: "755"),
            // With `switchboard dev` of root the agents' folder lies behind it.
            directory(paths.stateDirectory, forbidden: 0o066, mode: "700"),
        ] + doors
    }

    private func directory(_ path: String, forbidden: mode_t, mode: String) -> Finding {
        guard let access = FileSystem.access(to: path) else {
            return .fail(
                "directory", "\(path) is not there, or not for you to see",
                "start the service, or run doctor as root")
        }
        guard access.mode & forbidden == 0 else {
            return .fail(
                "directory", "\(path) is open to others (mode \(String(access.mode, radix: 8)))",
                "chmod \(mode) \(path)")
        }
        return .ok("directory", "\(path) has mode \(String(access.mode, radix: 8))")
    }

    private var database: Finding {
        guard let access = FileSystem.access(to: paths.database) else {
            return .fail(
                "store", "\(paths.database) is not there, or not for you to see",
                "start the hub, which makes it, or run doctor as root")
        }
        guard access.mode & 0o077 == 0 else {
            return .fail(
                "store", "\(paths.database) is open to others", "chmod 600 \(paths.database)")
        }
        return .ok("store", "\(paths.database) has mode \(String(access.mode, radix: 8))")
    }

    private var sockets: [Finding] {
        let workers = FileSystem.names(in: paths.runDirectory).filter { $0.hasPrefix("ws-") }
            .map { ($0, paths.webSocketSocket(name: $0)) }
        let doors = Door.allCases.map { ("hub", paths.socket(of: $0)) }
        let findings = (doors + [("fcgi", paths.fcgiSocket)] + workers).map { name, path in
            socket(name, path)
        }
        guard workers.isEmpty else { return findings }
        let missing = Finding.fail(
            "socket", "no WebSocket worker has a socket in \(paths.runDirectory)",
            "systemctl enable --now switchboard-ws@1, or start `switchboard dev`")
        return findings + [missing]
    }

    private func socket(_ name: String, _ path: String) -> Finding {
        guard let error = UnixSocket.probe(path) else {
            return .ok("socket", "\(name) listens at \(path)")
        }
        let remedy =
            error.systemError?.number == EACCES
            ? "run doctor as root or as the service's user"
            : "look at the log of \(name): `journalctl -u 'switchboard-\(name)*'`"
        return .fail("socket", "\(name): \(error)", remedy)
    }

    private var hub: [Finding] {
        let answer: JSONValue
        do throws(ClientError) {
            answer = try HubClient(socket: paths.hubSocket).call(.readiness, [:])
        } catch {
            return [.fail("hub", "\(error)", "look at the hub's log")]
        }
        var findings: [Finding] = []
        for part in ["hub", "store", "workers"] {
            guard let value = answer[part] else { continue }
            findings.append(.ok(part, "reports \(Output.cell(value))"))
        }
        if answer["store"] == false {
            findings.append(
                .fail(
                    "store", "takes no writes: everything that changes something is refused",
                    "make room on the disk, or end what holds the database's lock; the hub's log"
                        + " says which, and it goes on by itself"))
        }
        guard answer["ready"]?.boolValue == true else {
            let text = "the hub is not ready: \(Output.cell(answer))"
            return findings + [.fail("hub", text, "look at the logs of hub and workers")]
        }
        if answer["workers"]?[Hello.Role.agentWorker.rawValue] == 0 {
            findings.append(
                .warn(
                    "agent", "no agent worker is connected: messages wait until one is",
                    "put the model's key (anthropic-api-key) or a gateway's token "
                        + "(anthropic-auth-token) into /etc/switchboard/secrets and systemctl "
                        + "enable --now switchboard-agent@1, unless all agents run elsewhere"))
        }
        return findings + [.ok("hub", "answers and is ready")]
    }
}
