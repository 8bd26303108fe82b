import EventLoop
import Glibc
import IPC
import JSON
import Protocol
import Realtime

/// A hub as far as an agent worker can tell: leases, reports stored once, transcripts, questions.
///
/// Confined to the loop's thread.
final class PlayedHub {
    /// Everything about one session that the hub would have stored.
    struct Session {
        var generation: Int64 = 0
        var storedNumber: Int64 = 0
        var events: [(type: SessionEventType, fields: JSONObject)] = []
        var entries: [TranscriptEntry] = []
        var isRunning = false
        var repeatedReports = 0
    }

    private(set) var sessions: [SessionID: Session] = [:]
    private(set) var readiness: AgentReadiness?
    private(set) var welcomes = 0
    private(set) var operatorEvents: [DomainEventType] = []
    private(set) var questions: [JSONObject] = []
    /// What people say to a question; nil leaves it open.
    var decide: (JSONObject) -> PermissionVerdict? = { _ in
        PermissionVerdict(allowed: true, reason: "user:u")
    }
    /// Called for each session event as it is stored.
    var onEvent: ((SessionID, SessionEventType, JSONObject) -> Void)?
    /// Reports that are refused instead of stored.
    var refuses: ((RunReport) -> ErrorCode?)?
    /// Reports are read and not answered.
    var isMute = false

    private let listener: IPCListener
    private var peer: IPCConnection?

    init(loop: EventLoop, path: String) throws {
        listener = try IPCListener(
            loop: loop, door: .agents, path: path, trustedUsers: [geteuid()],
            maximumQueueBytes: 64 * 1024 * 1024)
        listener.onPeer = { [unowned self] _, connection in admit(connection) }
    }

    var isConnected: Bool { peer != nil }

    func close() {
        listener.close()
        peer?.close()
    }

    func disconnect() { peer?.close() }

    func send(_ message: AgentMessage) {
        peer?.send(HubMessage.agent(message).envelope)
        peer?.flush()
    }

    /// Grants the lease for a message and gives out the run.
    func run(
        _ text: String, in id: SessionID, mode: SessionMode = .ask, workspace: String? = nil,
        workingDirectory: String? = nil, timeout: Int64? = 60_000
    ) {
        var session = sessions[id] ?? Session()
        let isResumed = !session.entries.isEmpty
        session.generation += 1
        session.storedNumber = 0
        session.isRunning = true
        session.events = []
        session.entries.append(TranscriptEntry(personsText: text))
        sessions[id] = session
        send(
            .run(
                RunAssignment(
                    lease: SessionLease(session: id, generation: session.generation), team: "team",
                    messages: [.init(id: "m", text: text)], mode: mode, modeVersion: 1,
                    workspace: workspace.map { .init(id: "w", path: $0) },
                    workingDirectory: workingDirectory,
                    permissionTimeoutMilliseconds: timeout, isResumed: isResumed)))
    }

    func lease(of id: SessionID) -> SessionLease {
        SessionLease(session: id, generation: sessions[id]?.generation ?? 0)
    }

    func types(_ id: SessionID) -> [SessionEventType] { sessions[id]?.events.map(\.type) ?? [] }

    func event(_ type: SessionEventType, of id: SessionID) -> JSONObject? {
        sessions[id]?.events.last { $0.type == type }?.fields
    }

    func isOver(_ id: SessionID) -> Bool { sessions[id]?.isRunning == false }

    /// The final texts of a run, one after the other.
    func text(of id: SessionID) -> String {
        (sessions[id]?.events ?? []).filter { $0.type == .textComplete }
            .compactMap { $0.fields["text"]?.stringValue }.joined(separator: "\n")
    }

    private func admit(_ connection: IPCConnection) {
        peer = connection
        connection.onEnd = { [unowned self] _ in peer = nil }
        connection.onMessage = { [unowned self] envelope in
            guard let message = try? PeerMessage(envelope) else {  // a worker of ours is sound
                return connection.close(.outOfTurn("a malformed message"))
            }
            receive(message)
            connection.flush()
        }
        welcomes += 1
        connection.send(
            HubMessage.welcome(
                Welcome(instance: "test", generations: Generations(config: 0, theme: 0))
            ).envelope)
        connection.flush()
    }

    private func receive(_ message: PeerMessage) {
        switch message {
        case .ready(let readiness): self.readiness = readiness
        case .report(let request, let report): take(request, report)
        case .call(let request, nil, .readTranscript, let parameters):
            page(request, parameters)
        case .call(let request, nil, .requestPermission, let parameters):
            answer(.result(request, [:]))
            ask(parameters)
        default: break
        }
    }

    private func answer(_ message: HubMessage) { peer?.send(message.envelope) }

    private func take(_ request: Int64, _ report: RunReport) {
        guard !isMute else { return }
        let id = report.lease.session
        guard var session = sessions[id], session.generation == report.lease.generation,
            session.isRunning
        else { return refuse(request, .leaseLost) }
        if let code = refuses?(report) { return refuse(request, code) }
        defer { answer(.result(request, .null)) }
        guard report.number > session.storedNumber else {
            sessions[id]?.repeatedReports += 1
            return
        }
        session.storedNumber = report.number
        session.entries += report.transcript
        sessions[id] = session
        for event in report.events { store(event, id) }
    }

    private func store(_ event: ProducedEvent, _ id: SessionID) {
        guard case .session(let type, let fields) = event.content else {
            // The text's own type is the first field; tests look at how many there are.
            operatorEvents.append(.logEntry)
            return
        }
        sessions[id]?.events.append((type, fields))
        if type == .complete { sessions[id]?.isRunning = false }
        onEvent?(id, type, fields)
    }

    private func refuse(_ request: Int64, _ code: ErrorCode) {
        answer(.refused(request, OperationError(code, "refused by the test")))
    }

    /// Two entries a page, so that paging is part of every conversation.
    private func page(_ request: Int64, _ parameters: JSONObject) {
        let id = parameters["sessionId"]?.stringValue.flatMap { try? SessionID(parsing: $0) }
        guard let id, let session = sessions[id] else { return refuse(request, .notFound) }
        let begin = parameters["cursor"]?.stringValue.flatMap { Int($0) } ?? 0
        let items = session.entries.dropFirst(begin).prefix(2)
        let next = begin + items.count
        answer(
            .result(
                request,
                [
                    "items": .array(items.map(\.json)),
                    "nextCursor": next < session.entries.count ? .string("\(next)") : .null,
                ]))
    }

    private func ask(_ parameters: JSONObject) {
        questions.append(parameters)
        guard let verdict = decide(parameters),
            let session = parameters["sessionId"]?.stringValue,
            let request = parameters["requestId"]?.stringValue
        else { return }
        answer(
            .agent(
                .permissionEnded(
                    SessionID(stringLiteral: session), PermissionRequestID(stringLiteral: request),
                    verdict)))
    }
}
