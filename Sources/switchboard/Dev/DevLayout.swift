import Daemon
import Glibc
import Protocol
import Realtime
import System

/// Where `switchboard dev` keeps one installation: everything under one state directory.
struct DevLayout {
    let root: String
    let paths: Paths
    /// Whom the agent worker runs as, where it is not whoever started this.
    let agentUser = AgentUser.choose()

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
    /// nginx answers plain HTTP there.
    var httpSocket: String { "\(nginx)/http.sock" }

    func create(webSocketWorkers: [String]) throws(CommandFailure) {
        let directories =
            [
                root, paths.configDirectory, paths.stateDirectory, paths.runDirectory, nginx,
                "\(nginx)/snippets", paths.agentDirectory,
                FileSystem.directory(of: paths.fcgiSocket),
            ] + Door.allCases.map { FileSystem.directory(of: paths.socket(of: $0)) }
        for path in directories { try FileSystem.makeDirectory(path) }
        for name in webSocketWorkers {
            try FileSystem.makeDirectory(
                FileSystem.directory(of: paths.webSocketSocket(name: name)))
        }
        if let agentUser { try open(to: agentUser) }
    }

    /// Lets the agent worker's user reach what is its own, through directories that it cannot read.
    ///
    /// Its folder of an installation that it did not have before is handed over.
    private func open(to user: UnixUser) throws(CommandFailure) {
        for path in [root, paths.runDirectory, paths.stateDirectory] {
            try FileSystem.letThrough(path)
        }
        if let closed = FileSystem.closedDirectory(on: root, to: user) {
            throw CommandFailure(
                """
                agents run as uid \(user.uid) where root starts everything, and that user may not enter \
                \(closed), which leads to the state directory \(root); name another one with --state, \
                such as \(Self.rootsOwn), or let it through: chmod o+x \(closed)
                """)
        }
        let door = FileSystem.directory(of: paths.agentsSocket)
        // The group's bit is handed on to the socket (setgid).
        try FileSystem.give(door, to: UnixUser(uid: getuid(), gid: user.gid), mode: 0o2710)
        let own = paths.agentDirectory
        if FileSystem.access(to: own)?.owner != user.uid {
            let chown = try Tool.run("/bin/chown", ["-hR", "\(user)", own])
            guard chown.status.isSuccess else {
                throw CommandFailure("\(own) could not be given to \(user): \(chown.output)")
            }
        }
    }

    /// Of root, whose home nobody else may enter.
    private static let rootsOwn = "/var/lib/switchboard-dev"

    /// `$XDG_STATE_HOME/switchboard`, else `~/.local/state/switchboard`; ``rootsOwn`` for root.
    static func defaultRoot(_ environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return "\(state)/switchboard"
        }
        if FileSystem.isRoot { return rootsOwn }
        return "\(environment["HOME"] ?? "/tmp")/.local/state/switchboard"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        NameCharacters.admit(byte) || "+@/".utf8.contains(byte)
    }
}
