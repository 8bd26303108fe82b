import Crypto
import Daemon
import EventLoop
import Glibc
import Hub
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Store
import TestSupport

/// A hub with its socket, threads and watcher on a loop that the test turns, and links to it on the
/// same loop.
final class RunningHub {
    let loop: EventLoop
    private let folder: TemporaryDirectory
    let core: HubCore
    let server: HubServer
    private let desks: ThreadDesks
    private var watcher: ConfigWatcher?
    private var links: [HubLink] = []
    private let logger = Logger.silent

    var directory: String { folder.path }
    func socketPath(_ door: Door) -> String { "\(directory)/\(door.rawValue).sock" }
    var configDirectory: String { "\(directory)/config" }

    private final class Inbox {
        weak var server: HubServer?
    }

    init() throws {
        try Crypto.initialise()
        JSON.seed()
        folder = try TemporaryDirectory()
        let directory = folder.path
        let loop = try EventLoop()
        self.loop = loop
        let inbox = Inbox()
        desks = ThreadDesks(loop: loop, signInThreads: 1) { inbox.server?.submit($0) }
        core = try HubCore(
            store: try Store(path: "\(directory)/switchboard.db"),
            reader: try StoreReader(path: "\(directory)/switchboard.db"), settings: Settings(),
            paths: try Paths(
                configDirectory: "\(directory)/config", stateDirectory: directory,
                runDirectory: directory),
            environment: [:], metrics: HubMetrics(Metrics(process: "hub")), logger: logger,
            desks: desks.desks)
        _ = try core.apply(
            [.task(core.filesAtStart())], now: Timestamp(milliseconds: 1), clock: loop.now)
        server = try HubServer(
            loop: loop, core: core,
            Door.allCases.map {
                Doorway($0, path: "\(directory)/\($0.rawValue).sock", trustedUsers: [getuid()])
            })
        inbox.server = server
    }

    /// Everything ends.
    func close() {
        for link in links { link.stop() }
        watcher?.stop()
        server.close(HubTask("stop") { _ in })
        desks.stop()
    }

    func watchConfiguration() {
        watcher = ConfigWatcher(loop: loop, core: core) { [weak server] in server?.submit($0) }
    }

    /// A link that is up, with everything that was pushed to it.
    func connect(_ role: Hello.Role, _ name: String) throws -> Peer {
        let link = HubLink(
            loop: loop, path: socketPath(role.door),
            hello: Hello(role: role, name: name, processID: getpid()), logger: logger)
        let peer = Peer(link: link)
        link.onPush = { peer.pushed.append($0) }
        links.append(link)
        link.start()
        guard turn(until: { link.isUp }) else { throw TestHubError.noAnswer }
        return peer
    }

    /// Turns the loop until something is so, at most ten seconds.
    func turn(until isDone: @escaping () -> Bool) -> Bool {
        loop.run(until: isDone)
    }

    /// Asks, and turns the loop until the answer is there.
    func ask(_ peer: Peer, _ message: (Int64) -> PeerMessage) throws -> HubLink.Answer {
        var answer: HubLink.Answer?
        peer.link.request(message) { answer = $0 }
        guard turn(until: { answer != nil }), let answer else { throw TestHubError.noAnswer }
        return answer
    }

    func call(
        _ peer: Peer, _ operation: Operation, _ parameters: JSONObject
    ) throws -> JSONValue {
        switch try ask(peer, { .call($0, nil, operation, parameters) }) {
        case .answered(.result(_, let value)): return value
        case .refused(let error): throw error
        default: throw TestHubError.noAnswer
        }
    }

    final class Peer {
        let link: HubLink
        var pushed: [HubMessage] = []

        init(link: HubLink) { self.link = link }

        var announcements: [Generations] {
            pushed.compactMap { if case .announcement(let count, _) = $0 { count } else { nil } }
        }

        /// Of the last run that it was given.
        var lease: SessionLease? {
            pushed.compactMap {
                if case .agent(.run(let assignment)) = $0 { assignment.lease } else { nil }
            }.last
        }

        /// Runs that it was told to stop.
        var stops: [SessionLease] {
            pushed.compactMap { if case .agent(.abort(let lease, _)) = $0 { lease } else { nil } }
        }

        var deliveries: [Offset] {
            pushed.compactMap { if case .delivery(_, let offset, _) = $0 { offset } else { nil } }
        }
    }
}
