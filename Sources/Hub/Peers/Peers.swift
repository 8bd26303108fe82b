import Daemon
import Glibc
import Protocol

/// The processes that are connected now.
package final class Peers {
    struct Peer {
        let hello: Hello
        /// What the kernel says; nil where it was not asked.
        let process: pid_t?
        /// What it measured, as it said last.
        var stats: MetricsSnapshot?
    }

    private var peers: [PeerID: Peer] = [:]

    package init() {}

    subscript(id: PeerID) -> Peer? { peers[id] }

    func add(_ id: PeerID, _ hello: Hello, process: pid_t?) {
        peers[id] = Peer(hello: hello, process: process)
    }

    func remove(_ id: PeerID) -> Peer? { peers.removeValue(forKey: id) }

    func setStats(_ stats: MetricsSnapshot, of id: PeerID) { peers[id]?.stats = stats }

    var stats: [MetricsSnapshot] { peers.values.compactMap(\.stats) }

    func count(_ role: Hello.Role) -> Int { peers.values.count { $0.hello.role == role } }

    /// Everybody who decides by credentials and speaks to clients.
    package var workers: [PeerID] {
        peers.filter { $0.value.hello.role.decidesByCredentials }.keys.sorted()
    }

    /// Other links of a process with the same role.
    func links(ofProcess process: pid_t, _ role: Hello.Role) -> [PeerID] {
        peers.filter { $0.value.process == process && $0.value.hello.role == role }.keys.sorted()
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
        case .release, .used, .stats, .ready, .kept: nil
        }
    }
}
