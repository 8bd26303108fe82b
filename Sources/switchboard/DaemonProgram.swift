import AgentWorker
import FastCGIWorker
import Hub
import WebSocketWorker

/// The daemon that this program is started as, by the name of the link that leads to it.
///
/// Five programs would hold five copies of Swift's libraries, or share some that nobody packages.
enum DaemonProgram: String {
    case agentWorker = "switchboard-agent"
    case fastCGIWorker = "switchboard-fcgi"
    case hub = "switchboard-hub"
    case webSocketWorker = "switchboard-ws"

    /// `path` is the process's first argument; nil where it names none of them.
    init?(path: String) {
        self.init(rawValue: String(path.split(separator: "/").last ?? ""))
    }

    func run() -> Never {
        switch self {
        case .agentWorker: AgentWorkerProcess.run()
        case .fastCGIWorker: FastCGIWorkerProcess.run()
        case .hub: HubProcess.run()
        case .webSocketWorker: WebSocketWorkerProcess.run()
        }
    }
}
