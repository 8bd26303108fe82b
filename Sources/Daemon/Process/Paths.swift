import Protocol
import System

/// Where the parts of one installation are: the one place that names files and sockets.
public struct Paths: Sendable, Equatable {
    public let configDirectory: String
    public let stateDirectory: String
    public let runDirectory: String

    /// The hub's door for the `switchboard` command.
    public var hubSocket: String { "\(runDirectory)/hub/hub.sock" }
    /// The hub's door for WebSocket and FastCGI workers.
    public var workersSocket: String { "\(runDirectory)/workers/workers.sock" }
    /// The hub's door for agent workers, in a folder that their user may enter.
    public var agentsSocket: String { "\(runDirectory)/agents/agents.sock" }
    /// nginx speaks FastCGI to it.
    public var fcgiSocket: String { "\(runDirectory)/fcgi/fcgi.sock" }
    /// nginx proxies WebSockets to it; `name` is the worker's, such as `ws-1`.
    public func webSocketSocket(name: String) -> String { "\(runDirectory)/\(name)/ws.sock" }

    /// What the hub leaves about the database for the next one; in a directory that outlives a
    /// process and no start of the machine.
    public var continuityMark: String { "\(runDirectory)/hub/continuity" }

    public var database: String { "\(stateDirectory)/switchboard.db" }
    /// Of the agent workers: folders of sessions without a workspace, and long outputs of tools.
    public var agentDirectory: String { "\(stateDirectory)/agent" }
    public var configFile: String { "\(configDirectory)/config.json" }
    public var themeFile: String { "\(configDirectory)/theme.json" }

    /// What no workspace may be, lie in or hold.
    ///
    /// Where configuration, state and sockets have one folder (`switchboard dev`), that folder as a
    /// whole: certificates and the first login lie beside them.
    public var reserved: [String] {
        let own = [configDirectory, stateDirectory, runDirectory]
        let parents = Set(own.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
        let together = parents.count == 1 ? parents.filter { !$0.isEmpty }.map { "/\($0)" } : []
        return own + together + [
            Self.installedConfigDirectory, Self.installedStateDirectory, Self.installedRunDirectory,
        ]
    }

    /// Throws if a socket in `runDirectory` would have a path longer than an address can hold.
    public init(
        configDirectory: String = Self.installedConfigDirectory,
        stateDirectory: String = Self.installedStateDirectory,
        runDirectory: String = Self.installedRunDirectory
    ) throws(PathsError) {
        self.configDirectory = configDirectory
        self.stateDirectory = stateDirectory
        self.runDirectory = runDirectory
        let longestName = String(repeating: "x", count: ProcessName.maximumBytes)
        for path in Door.allCases.map(socket) + [fcgiSocket, webSocketSocket(name: longestName)] {
            guard path.utf8.count <= UnixAddress.maximumBytes else {
                throw PathsError.tooLong(runDirectory: runDirectory, longestSocket: path)
            }
        }
    }

    /// Where the hub listens for processes of some roles.
    public func socket(of door: Door) -> String {
        switch door {
        case .commandLine: hubSocket
        case .workers: workersSocket
        case .agents: agentsSocket
        }
    }

    public static let installedConfigDirectory = "/etc/switchboard"
    public static let installedStateDirectory = "/var/lib/switchboard"
    public static let installedRunDirectory = "/run/switchboard"
}

public enum PathsError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLong(runDirectory: String, longestSocket: String)

    public var description: String {
        switch self {
        case .tooLong(let runDirectory, let longestSocket):
            """
            the run directory \(runDirectory) is too long: a socket in it would need \
            \(longestSocket.utf8.count) bytes and an address holds \(UnixAddress.maximumBytes); \
            use a directory with a shorter path
            """
        }
    }
}

/// The name of one process: log label, folder of its socket, systemd instance.
public enum ProcessName {
    public static let maximumBytes = 16

    /// 1–16 of `a-z 0-9 -`.
    public static func isValid(_ name: String) -> Bool {
        (1...maximumBytes).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
