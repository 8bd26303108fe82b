import Daemon
import Realtime

/// Where `switchboard dev` keeps one installation: everything under one state directory.
struct DevLayout {
    let root: String
    let paths: Paths

    /// `state` as given on the command line, or nil for the person's own default.
    init(state: String?, environment: [String: String]) throws(CommandFailure) {
        root = FileSystem.absolute(state ?? Self.defaultRoot(environment))
        guard root.utf8.allSatisfy(Self.isPlain) else {
            throw CommandFailure(
                """
                the state directory \(root) has a character in its path that nginx's configuration \
                cannot hold; use one of letters, digits and . _ - + @ / with --state
                """)
        }
        do {
            paths = try Paths(
                configDirectory: "\(root)/config", stateDirectory: "\(root)/data",
                runDirectory: "\(root)/run")
        } catch {
            throw CommandFailure("\(error); name another one with --state")
        }
    }

    var tls: String { "\(root)/tls" }
    var nginx: String { "\(root)/nginx" }
    var lock: String { "\(root)/lock" }
    /// The first team, login and key, for the person who started it: mode 0600.
    var firstLogin: String { "\(root)/first-login.json" }
    var caFile: String { "\(tls)/ca.pem" }

    func create(webSocketWorkers: [String]) throws(CommandFailure) {
        let directories = [
            root, paths.configDirectory, paths.stateDirectory, paths.runDirectory, nginx,
            "\(nginx)/snippets", FileSystem.directory(of: paths.hubSocket),
            FileSystem.directory(of: paths.fcgiSocket),
        ]
        for path in directories { try FileSystem.makeDirectory(path) }
        for name in webSocketWorkers {
            try FileSystem.makeDirectory(
                FileSystem.directory(of: paths.webSocketSocket(name: name)))
        }
    }

    /// `$XDG_STATE_HOME/switchboard`, else `~/.local/state/switchboard`.
    static func defaultRoot(_ environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return "\(state)/switchboard"
        }
        return "\(environment["HOME"] ?? "/tmp")/.local/state/switchboard"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        NameCharacters.admit(byte) || "+@/".utf8.contains(byte)
    }
}
