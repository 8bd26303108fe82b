import Daemon
import Glibc
import Hub
import JSON
import Logging
import Protocol
import Realtime
import Store
import Testing

/// A hub without sockets, with one team and its keys, as the tests of sessions drive it.
///
/// Its clocks stand still unless ``advance(by:)`` moves them, which also lets alarms go off.
final class SessionHub {
    private(set) var core: HubCore
    private let directory: String
    private var store: Store
    private(set) var now = Timestamp(milliseconds: 1_800_000_000_000)
    private(set) var clock = Duration.seconds(1_000)
    private var nextRequest: Int64 = 1

    /// Everything that left the hub, in order.
    private(set) var sent: [HubMessage] = []
    private var answers: [Int64: Result<JSONValue, OperationError>] = [:]
    var settings = Settings()

    static let team: TeamID = "t1"
    static let agent: CredentialID = "agent"
    static let person: CredentialID = "person"
    static let stranger: CredentialID = "stranger"

    private static let worker = PeerID(1)

    init() throws {
        directory = try Self.makeDirectory()
        store = try Store(path: directory + "/hub.db")
        try Self.fill(store, now)
        core = try Self.makeCore(store, settings, directory)
        try greet()
    }

    deinit {
        for name in ["hub.db", "hub.db-wal", "hub.db-shm", "hub.db.lock"] {
            unsafe unlink(directory + "/" + name)
        }
        unsafe rmdir(directory)
    }

    /// The hub is killed and starts again from its database.
    func restart() throws {
        core = try Self.makeCore(store, settings, directory)
        try greet()
    }

    /// Asks as a principal and gives the answer, or throws the refusal.
    @discardableResult
    func call(
        _ operation: Protocol.Operation, _ parameters: JSONObject = [:],
        as credential: CredentialID? = SessionHub.person
    ) throws -> JSONValue {
        let request = nextRequest
        nextRequest += 1
        try apply(.message(Self.worker, .call(request, credential, operation, parameters)))
        return try #require(try answer(to: request))
    }

    /// Publishes session events as an agent; the answer may come later.
    @discardableResult
    func publish(
        _ session: SessionID, _ events: [(SessionEventType, JSONObject)],
        ids: [EventID?] = [], as credential: CredentialID = SessionHub.agent
    ) throws -> Int64 {
        let request = nextRequest
        nextRequest += 1
        let produced = try events.enumerated().map { index, event in
            let own = index < ids.count ? ids[index] : nil
            return ProducedEvent(
                channel: .session(session),
                eventID: try own ?? EventID(parsing: "made-\(request)-\(index)"),
                isIdempotent: own != nil, time: now,
                content: .session(event.0, fields: event.1))
        }
        try apply(.message(Self.worker, .publish(request, credential, produced, texts: [])))
        return request
    }

    /// What the hub answered to a request; nil while it has not, and throws a refusal.
    func answer(to request: Int64) throws -> JSONValue? {
        try answers[request]?.get()
    }

    /// Joins a channel and gives the answer's snapshot.
    @discardableResult
    func subscribe(
        _ channel: ChannelName, since: StreamPosition? = nil
    ) throws -> (joined: Joined, page: Page) {
        let request = nextRequest
        nextRequest += 1
        try apply(.message(Self.worker, .subscribe(request, Self.person, channel, since: since)))
        for message in sent.reversed() {
            if case .subscribed(request, let joined, let page) = message { return (joined, page) }
        }
        _ = try answer(to: request)
        throw OperationError(.internalError, "the subscription got no answer")
    }

    func snapshot(of session: SessionID) throws -> JSONObject {
        let bytes = try #require(try subscribe(.session(session)).joined.snapshot)
        return try #require(try JSONValue(parsing: bytes).objectValue)
    }

    /// Moves both clocks and lets alarms go off.
    func advance(by duration: Duration) throws {
        now = now + duration
        clock += duration
        try apply(.alarm)
    }

    /// Moves both clocks, as if the loop were late with its timers.
    func passWithoutAlarm(_ duration: Duration) {
        now = now + duration
        clock += duration
    }

    /// What the hub does before it stops.
    func drain() throws {
        let core = core
        try apply(.task(HubTask("drain") { iteration in try core.sessions.flushAll(iteration) }))
    }

    /// Events delivered on a channel since ``forget()``, parsed.
    func delivered(on channel: ChannelName) throws -> [JSONObject] {
        try sent.compactMap { message in
            guard case .delivery(channel, _, let text) = message else { return nil }
            return try JSONValue(parsing: text).objectValue
        }
    }

    func types(on channel: ChannelName) throws -> [String] {
        try delivered(on: channel).compactMap { $0["type"]?.stringValue }
    }

    /// Forgets what was sent so far.
    func forget() { sent = [] }

    func makeSession(_ parameters: JSONObject = [:]) throws -> SessionID {
        let session = try call(.createSession, parameters)
        return try SessionID(parsing: try #require(session["id"]?.stringValue))
    }

    private func apply(_ command: HubCommand) throws {
        for effect in try core.apply([command], now: now, clock: clock).effects {
            switch effect {
            case .send(let message, _), .broadcast(let message, _): take(message)
            case .close(_, let reason): Issue.record("The hub closed its worker: \(reason)")
            case .start(let work): work()
            }
        }
    }

    private func take(_ message: HubMessage) {
        sent.append(message)
        switch message {
        case .result(let request, let value): answers[request] = .success(value)
        case .refused(let request, let error): answers[request] = .failure(error)
        default: break
        }
    }

    private func greet() throws {
        try apply(
            .arrived(
                Self.worker, Hello(role: .agentWorker, name: "test", processID: getpid())))
    }

    private static func makeDirectory() throws -> String {
        var template = Array("/tmp/switchboard-hub-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw OperationError(.internalError, "no temporary directory")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func fill(_ store: Store, _ now: Timestamp) throws {
        try store.transaction { transaction in
            for (team, keys) in [(team, [agent, person]), ("t2" as TeamID, [stranger])] {
                try transaction.insert(TeamRow(id: team, name: team.text, createdAt: now))
                for key in keys {
                    try transaction.insert(
                        KeyRow(
                            id: key, teamID: team, name: key.text, digest: "",
                            scopes: Set(Scope.allCases), createdAt: now, expiresAt: nil))
                }
            }
        }
    }

    private static func makeCore(
        _ store: Store, _ settings: Settings, _ directory: String
    ) throws -> HubCore {
        let desk = Desk { _, _ in false }
        return try HubCore(
            store: store, settings: settings,
            paths: Paths(
                configDirectory: directory, stateDirectory: directory, runDirectory: directory),
            environment: [:], metrics: HubMetrics(Metrics(process: "test")),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            desks: Desks(passwords: desk, files: desk))
    }
}

/// The refusal that a body throws; nil when it throws none.
func refusal(_ body: () throws -> Void) throws -> ErrorCode? {
    do {
        try body()
        return nil
    } catch let error as OperationError {
        return error.code
    }
}
