import Crypto
import Daemon
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Store
import Hub
import TestSupport

/// A hub without sockets in a directory of its own: commands go in, and what each peer would have
/// received comes out.
final class TestHub {
    var core: HubCore {
        guard let current else { preconditionFailure("the hub is between two lives") }
        return current
    }
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    var clock: Duration = .seconds(100)
    /// What each peer has received and nobody has looked at.
    private(set) var received: [PeerID: [HubMessage]] = [:]
    private(set) var closed: [PeerID: IPCEnd] = [:]

    private let folder: TemporaryDirectory
    /// In force from the next start on.
    var settings: Settings
    private var current: HubCore?
    private var results = Results()
    private var nextPeer: UInt64 = 1
    private var nextRequest: Int64 = 1

    /// What desks have done, to become commands.
    private final class Results {
        /// Reads that have begun while ``TestHub/isReading`` was false.
        var held: [(number: UInt64, work: @Sendable () -> any Sendable)] = []
        var isReading = true
        var finished: [(desk: () -> Desk?, number: UInt64, value: any Sendable)] = []
    }

    var directory: String { folder.path }

    /// - Parameter fill: puts rows into the database before the hub first sees it.
    init(
        _ change: (inout Settings) -> Void = { _ in },
        fill: ((StoreTransaction) throws -> Void)? = nil
    ) throws {
        try Crypto.initialise()
        JSON.seed()
        settings = Settings()
        change(&settings)
        folder = try TemporaryDirectory()
        if let fill { try Store(path: Self.database(in: folder.path)).transaction(fill) }
        try start()
    }

    deinit {
        // Before its directory goes.
        current = nil
    }

    /// The process dies and a new one begins with what is on disk; all peers are gone.
    ///
    /// - Parameter away: how long there is no hub.
    func restart(away: Duration = .zero) throws {
        received = [:]
        current = nil
        let lastAlive = now
        clock += away
        now = now + away
        try start(lastAlive: lastAlive)
    }

    private func start(lastAlive: Timestamp? = nil) throws {
        (current, results) = try Self.makeCore(directory, settings, lastAlive: lastAlive)
        try apply([.task(core.filesAtStart())])
    }

    // MARK: Commands

    func connect(_ role: Hello.Role, _ name: String = "peer") throws -> PeerID {
        let id = PeerID(nextPeer)
        nextPeer += 1
        try apply([.arrived(id, Hello(role: role, name: name, processID: 1))])
        return id
    }

    func disconnect(_ peer: PeerID) throws { try apply([.left(peer, .closedByPeer)]) }

    /// Applies in one iteration, then in further ones what desks have finished.
    func apply(_ commands: [HubCommand]) throws {
        perform(try core.apply(commands, now: now, clock: clock))
        while !results.finished.isEmpty {
            let finished = results.finished
            results.finished = []
            let tasks = finished.compactMap { $0.desk()?.finished($0.number, $0.value) }
            perform(try core.apply(tasks.map { .task($0) }, now: now, clock: clock))
        }
    }

    /// Lets time pass, and what becomes due happen.
    func wait(_ duration: Duration) throws {
        clock += duration
        now = now + duration
        try apply([.alarm])
    }

    func tell(_ peer: PeerID, _ message: PeerMessage) throws {
        try apply([.message(peer, message)])
    }

    /// Asks and answers the answer, which has to be the next message to this peer.
    func ask(_ peer: PeerID, _ message: (Int64) -> PeerMessage) throws -> HubMessage {
        let number = nextRequest
        nextRequest += 1
        try tell(peer, message(number))
        guard let answer = received[peer]?.first(where: { $0.request == number }) else {
            throw closed[peer].map(TestHubError.closed) ?? .noAnswer
        }
        received[peer]?.removeAll { $0.request == number }
        return answer
    }

    /// An operation's value; throws its refusal.
    @discardableResult
    func call(
        _ peer: PeerID, _ operation: Operation, _ parameters: JSONObject = [:],
        as credential: CredentialID? = nil
    ) throws -> JSONValue {
        switch try ask(peer, { .call($0, credential, operation, parameters) }) {
        case .result(_, let value): return value
        case .refused(_, let error): throw error
        default: throw TestHubError.noAnswer
        }
    }

    /// Everything that a peer received since this was asked last.
    func take(_ peer: PeerID) -> [HubMessage] {
        defer { received[peer] = [] }
        return received[peer] ?? []
    }

    /// While false, reads begin and do not end; ``read(_:)`` has them end.
    var isReading: Bool {
        get { results.isReading }
        set { results.isReading = newValue }
    }

    /// Lets so many of the reads that have begun end.
    func read(_ count: Int) throws {
        for _ in 0..<count where !results.held.isEmpty {
            let (number, work) = results.held.removeFirst()
            results.finished.append(({ [weak core] in core?.desks.reads }, number, work()))
            try apply([])
        }
    }

    // MARK: Inside

    private func perform(_ outbox: Outbox) {
        for effect in outbox.effects {
            switch effect {
            case .send(let message, let peer):
                received[peer, default: []].append(message.asRead)
            case .broadcast(let message, let peers):
                for peer in peers { received[peer, default: []].append(message) }
            case .close(let peer, let reason): closed[peer] = reason
            case .start(let work): work()
            }
        }
    }

    /// Settings that are not the default, as variables: they hold whatever the files say.
    private static func environment(of settings: Settings) -> [String: String] {
        var variables: [String: String] = [:]
        for setting in SettingsTable.all {
            let value = setting.value(in: settings)
            guard value != setting.defaultValue else { continue }
            variables[setting.environmentName] =
                value.stringValue ?? String(decoding: value.encoded(), as: UTF8.self)
        }
        return variables
    }

    private static func database(in directory: String) -> String {
        "\(directory)/switchboard.db"
    }

    private static func makeCore(
        _ directory: String, _ settings: Settings, lastAlive: Timestamp?
    ) throws -> (HubCore, Results) {
        let results = Results()
        weak var core: HubCore?
        let passwords = Desk { number, work in
            results.finished.append(({ core?.desks.passwords }, number, work()))
            return true
        }
        let files = Desk { number, work in
            results.finished.append(({ core?.desks.files }, number, work()))
            return true
        }
        let reads = Desk { number, work in
            guard results.isReading else {
                results.held.append((number, work))
                return true
            }
            results.finished.append(({ core?.desks.reads }, number, work()))
            return true
        }
        let made = try HubCore(
            store: try Store(path: database(in: directory)),
            reader: try StoreReader(path: database(in: directory)), settings: settings,
            paths: try Paths(
                configDirectory: "\(directory)/config", stateDirectory: directory,
                runDirectory: directory),
            environment: Self.environment(of: settings),
            metrics: HubMetrics(Metrics(process: "hub")),
            logger: .silent,
            desks: Desks(passwords: passwords, files: files, reads: reads),
            lastAlive: lastAlive)
        core = made
        return (made, results)
    }
}

enum TestHubError: Error {
    case noAnswer
    /// Instead of an answer the peer was disconnected.
    case closed(IPCEnd)
}

extension HubMessage {
    /// As its peer reads it.
    fileprivate var asRead: HubMessage {
        guard case .resultText(let request, let text) = self else { return self }
        guard let value = try? JSONValue(parsing: text) else {
            preconditionFailure("an answer is JSON: \(String(decoding: text, as: UTF8.self))")
        }
        return .result(request, value)
    }

    var request: Int64? {
        switch self {
        case .subscribed(let number, _, _), .page(let number, _), .result(let number, _),
            .resultText(let number, _), .refused(let number, _):
            number
        case .welcome, .credentials, .delivery, .withdrawn, .announcement, .agent: nil
        }
    }
}
