import Daemon
import Glibc
import JSON

/// What `--ready-file` says once everything answers; see CONTRACT section 6.
struct ReadyFile {
    let path: String
    let layout: DevLayout
    let port: UInt16
    let prefix: PathPrefix
    let webSocketWorkers: [String]
    let login: FirstLogin

    /// `pids` by process name; what is missing there is null.
    func write(pids: [String: pid_t]) throws(CommandFailure) {
        func pid(_ name: String) -> JSONValue { pids[name].map { .integer(Int64($0)) } ?? .null }
        let paths = layout.paths
        let content: JSONValue = [
            "url": .string("https://localhost:\(port)\(prefix.text)"),
            "ws": .string("wss://localhost:\(port)\(prefix.text)/ws"),
            "caFile": .string(layout.caFile),
            "teamId": .string(login.teamID),
            "apiKey": .string(login.apiKey),
            "login": ["user": .string(login.user), "password": .string(login.password)],
            "sockets": [
                "hub": .string(paths.hubSocket), "workers": .string(paths.workersSocket),
                "agents": .string(paths.agentsSocket), "fcgi": .string(paths.fcgiSocket),
                "ws": .array(webSocketWorkers.map { .string(paths.webSocketSocket(name: $0)) }),
            ],
            "pids": [
                "nginx": pid("nginx"), "hub": pid("hub"), "fcgi": pid("fcgi"),
                "agent": pid("agent"), "ws": .array(webSocketWorkers.map(pid)),
            ],
        ]
        do {
            // It holds a key and a password.
            try SmallFile.replace(path, with: content.encoded(), mode: 0o600)
        } catch {
            throw CommandFailure("the ready file cannot be written: \(error)")
        }
    }
}
