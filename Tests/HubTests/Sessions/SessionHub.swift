import Daemon
import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing

/// A ``TestHub`` with one team and its keys, and a worker of each kind through which all of them
/// speak, as the tests of sessions drive it.
///
/// Its clocks stand still unless ``advance(by:)`` moves them, which also lets alarms go off.
final class SessionHub {
    private let hub: TestHub
    private var rest: PeerID
    private var ws: PeerID
    private var nextRequest: Int64 = 1

    /// Everything that left the hub, in order.
    private(set) var sent: [HubMessage] = []
    private var answers: [Int64: Result<JSONValue, OperationError>] = [:]

    /// In force from the next ``restart()`` on.
    var settings: Settings {
        get { hub.settings }
        set { hub.settings = newValue }
    }

    static let team: TeamID = "t1"
    static let agent: CredentialID = "agent"
    static let person: CredentialID = "person"
    static let stranger: CredentialID = "stranger"

    init() throws {
        hub = try TestHub(fill: Self.fill)
        rest = try hub.connect(.fastCGIWorker)
        ws = try hub.connect(.webSocketWorker)
        collect()
    }

    /// The hub is killed and starts again from its database.
    func restart() throws {
        try hub.restart()
        rest = try hub.connect(.fastCGIWorker)
        ws = try hub.connect(.webSocketWorker)
        collect()
    }

    /// Asks as a principal and gives the answer, or throws the refusal.
    @discardableResult
    func call(
        _ operation: Protocol.Operation, _ parameters: JSONObject = [:],
        as credential: CredentialID? = SessionHub.person
    ) throws -> JSONValue {
        let request = nextRequest
        nextRequest += 1
        try apply(.message(rest, .call(request, credential, operation, parameters)))
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
                isIdempotent: own != nil, time: hub.now,
                content: .session(event.0, fields: event.1))
        }
        try apply(.message(rest, .publish(request, credential, produced, texts: [])))
        return request
    }

    /// What the hub answered to a request; nil while it has not, and throws a refusal.
    func answer(to request: Int64) throws -> JSONValue? {
        try answers[request]?.get()
    }

    /// Joins a channel and gives the answer's snapshot.
    @discardableResult
    func subscribe(
        _ channel: ChannelIdentity, since: StreamPosition? = nil
    ) throws -> (joined: Joined, page: Page) {
        let request = nextRequest
        nextRequest += 1
        try apply(.message(ws, .subscribe(request, Self.person, channel, since: since)))
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
        try hub.wait(duration)
        collect()
    }

    /// Moves both clocks, as if the loop were late with its timers.
    func passWithoutAlarm(_ duration: Duration) {
        hub.now = hub.now + duration
        hub.clock += duration
    }

    /// What the hub does before it stops.
    func drain() throws {
        let core = hub.core
        try apply(.task(HubTask("drain") { iteration in try core.sessions.flushAll(iteration) }))
    }

    /// Events delivered on a channel since ``forget()``, parsed.
    func delivered(on channel: ChannelIdentity) throws -> [JSONObject] {
        try sent.compactMap { message in
            guard case .delivery(channel, _, let text) = message else { return nil }
            return try JSONValue(parsing: text).objectValue
        }
    }

    func types(on channel: ChannelIdentity) throws -> [String] {
        try delivered(on: channel).compactMap { $0["type"]?.stringValue }
    }

    /// Forgets what was sent so far.
    func forget() { sent = [] }

    func makeSession(_ parameters: JSONObject = [:]) throws -> SessionID {
        let session = try call(.createSession, parameters)
        return try SessionID(parsing: try #require(session["id"]?.stringValue))
    }

    private func apply(_ command: HubCommand) throws {
        try hub.apply([command])
        collect()
    }

    private func collect() {
        for reason in hub.closed.values { Issue.record("The hub closed a worker: \(reason)") }
        for message in hub.take(rest) + hub.take(ws) {
            sent.append(message)
            switch message {
            case .result(let request, let value): answers[request] = .success(value)
            case .refused(let request, let error): answers[request] = .failure(error)
            default: break
            }
        }
    }

    private static func fill(_ transaction: StoreTransaction) throws {
        let time = Timestamp(milliseconds: 1_800_000_000_000)
        for (team, keys) in [(team, [agent, person]), ("t2" as TeamID, [stranger])] {
            try transaction.insert(TeamRow(id: team, name: team.text, createdAt: time))
            for key in keys {
                try transaction.insert(
                    KeyRow(
                        id: key, teamID: team, name: key.text, digest: "",
                        scopes: Set(Scope.allCases), createdAt: time, expiresAt: nil))
            }
        }
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
