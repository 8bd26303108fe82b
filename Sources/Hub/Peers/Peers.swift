import Daemon
import Protocol

/// The processes that are connected now.
package final class Peers {
    struct Peer {
        let hello: Hello
        /// What it measured, as it said last.
        var stats: MetricsSnapshot?
    }

    private var peers: [PeerID: Peer] = [:]

    package init() {}

    subscript(id: PeerID) -> Peer? { peers[id] }

    func add(_ id: PeerID, _ hello: Hello) { peers[id] = Peer(hello: hello) }

    func remove(_ id: PeerID) -> Peer? { peers.removeValue(forKey: id) }

    func setStats(_ stats: MetricsSnapshot, of id: PeerID) { peers[id]?.stats = stats }

    var stats: [MetricsSnapshot] { peers.values.compactMap(\.stats) }

    func count(_ role: Hello.Role) -> Int { peers.values.count { $0.hello.role == role } }

    /// Everybody who decides by credentials and speaks to clients: all but the CLI.
    package var workers: [PeerID] {
        peers.filter { $0.value.hello.role != .cli }.keys.sorted()
    }
}

extension Hello.Role {
    /// Whether a process of this role may say this at all; anything else ends its connection.
    func maySend(_ message: PeerMessage) -> Bool {
        switch message {
        case .subscribe, .read: self == .webSocketWorker || self == .agentWorker
        case .resume, .release: self != .fastCGIWorker
        case .publish: self != .webSocketWorker
        case .call: true
        case .used, .stats: self != .cli
        case .ready, .report: self == .agentWorker
        }
    }
}

extension PeerMessage {
    /// Its request, where it is owed an answer.
    var request: Int64? {
        switch self {
        case .subscribe(let request, _, _, _), .read(let request, _, _, _),
            .resume(let request, _, _, _), .publish(let request, _, _, _),
            .call(let request, _, _, _), .report(let request, _):
            request
        case .release, .used, .stats, .ready: nil
        }
    }

    /// For logs and refusals: the word on the wire.
    var name: String {
        switch self {
        case .subscribe: "subscribe"
        case .read: "read"
        case .resume: "resume"
        case .release: "release"
        case .publish: "publish"
        case .call: "call"
        case .used: "used"
        case .stats: "stats"
        case .ready: "ready"
        case .report: "report"
        }
    }
}
