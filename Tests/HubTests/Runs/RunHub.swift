import Daemon
import Hub
import JSON
import Protocol
import Realtime
import Testing

/// A hub with a person at its REST interface and agent workers, as the tests of runs drive it.
final class RunHub {
    let hub: TestHub
    let team: TeamID
    let key: CredentialID
    private(set) var rest: PeerID
    /// Joins what ``watch(_:)`` names.
    private(set) var ws: PeerID
    private var nextRequest: Int64 = 1_000_000
    private var reports: [SessionLease: Int64] = [:]

    init(_ change: (inout Settings) -> Void = { _ in }) throws {
        let fixture = try Fixture(change)
        hub = fixture.hub
        team = fixture.team
        key = fixture.key
        rest = fixture.fcgi
        ws = fixture.ws
    }

    /// The hub is killed and begins again; workers connect when the test says so.
    func restart(away: Duration = .zero) throws {
        try hub.restart(away: away)
        rest = try hub.connect(.fastCGIWorker, "fcgi")
        ws = try hub.connect(.webSocketWorker, "ws-1")
    }

    // MARK: People

    @discardableResult
    func call(_ operation: Protocol.Operation, _ parameters: JSONObject = [:]) throws -> JSONValue {
        try hub.call(rest, operation, parameters, as: key)
    }

    func makeSession(_ parameters: JSONObject = [:]) throws -> SessionID {
        try SessionID(parsing: try call(.createSession, parameters).text("id"))
    }

    /// Sends a message; `accepted` or `queued`, and its id.
    @discardableResult
    func say(_ text: String, in session: SessionID) throws -> (status: String, id: String) {
        let answer = try call(
            .createMessage, ["id": .string(session.text), "text": .string(text)])
        return (try answer.text("status"), try answer.text("messageId"))
    }

    func abort(_ session: SessionID) throws -> JSONValue? {
        try call(.abortSession, ["id": .string(session.text)])["aborted"]
    }

    func answer(
        _ request: String, in session: SessionID, allowed: Bool, always: Bool = false
    ) throws -> JSONValue {
        try call(
            .answerPermission,
            [
                "sessionId": .string(session.text), "requestId": .string(request),
                "allowed": .bool(allowed), "alwaysAllow": .bool(always),
            ])
    }

    func session(_ session: SessionID) throws -> JSONValue {
        try call(.getSession, ["id": .string(session.text)])
    }

    /// The open ones.
    func questions(in session: SessionID) throws -> [JSONValue] {
        try call(.listSessionPermissions, ["id": .string(session.text)])["items"]?.arrayValue ?? []
    }

    func messages(_ session: SessionID) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: JSONValue = .null
        repeat {
            let page = try call(
                .listMessages,
                ["id": .string(session.text), "limit": 200, "cursor": cursor])
            items += page["items"]?.arrayValue ?? []
            cursor = page["nextCursor"] ?? .null
        } while !cursor.isNull
        return items
    }

    // MARK: What subscribers see

    /// Subscribes; the snapshot.
    @discardableResult
    func watch(_ channel: ChannelIdentity) throws -> JSONValue {
        guard
            case .subscribed(_, let joined, _) = try hub.ask(
                ws, { .subscribe($0, key, channel, since: nil) })
        else { throw TestHubError.noAnswer }
        return try joined.snapshot.map { try JSONValue(parsing: $0) } ?? .null
    }

    /// Events delivered since the last look.
    func events() throws -> [JSONValue] {
        try hub.take(ws).compactMap { message in
            guard case .delivery(_, _, let text) = message else { return nil }
            return try JSONValue(parsing: text)
        }
    }

    func types() throws -> [String] { try events().compactMap { $0["type"]?.stringValue } }

    // MARK: Workers

    /// A worker that has announced itself.
    func worker(_ capacity: Int = 10, holding leases: [SessionLease] = []) throws -> PeerID {
        let worker = try hub.connect(.agentWorker, "agent")
        _ = hub.take(worker)
        try ready(worker, capacity, leases)
        return worker
    }

    func ready(_ worker: PeerID, _ capacity: Int = 10, _ leases: [SessionLease] = []) throws {
        try hub.tell(worker, .ready(AgentReadiness(capacity: capacity, leases: leases)))
    }

    /// What the hub pushed to a worker since the last look.
    func pushed(to worker: PeerID) -> [AgentMessage] {
        hub.take(worker).compactMap { message in
            if case .agent(let agent) = message { agent } else { nil }
        }
    }

    /// The runs that a worker was given since the last look.
    func assignments(of worker: PeerID) -> [RunAssignment] {
        pushed(to: worker).compactMap { message in
            if case .run(let assignment) = message { assignment } else { nil }
        }
    }

    /// How many reports were answered well since the last look.
    func answers(to worker: PeerID) -> Int {
        hub.take(worker).count { message in
            if case .result(_, .null) = message { true } else { false }
        }
    }

    /// A worker with the run of one message.
    func running(_ text: String = "go", in session: SessionID) throws -> (PeerID, SessionLease) {
        let worker = try worker()
        try say(text, in: session)
        return (worker, try #require(assignments(of: worker).first).lease)
    }

    /// Reports under the lease's next number; throws the refusal.
    func report(
        _ worker: PeerID, _ lease: SessionLease, _ events: [(SessionEventType, JSONObject)] = [],
        _ transcript: [TranscriptEntry] = [], number: Int64? = nil
    ) throws {
        let number = number ?? (reports[lease, default: 0] + 1)
        reports[lease] = number
        let produced = try events.enumerated().map { index, event in
            ProducedEvent(
                channel: .session(lease.session),
                eventID: try EventID(parsing: "run-\(lease.generation)-\(number)-\(index)"),
                isIdempotent: false, time: hub.now,
                content: .session(event.0, fields: event.1))
        }
        try send(
            worker,
            RunReport(lease: lease, number: number, events: produced, transcript: transcript))
    }

    /// Reports a domain event on a channel.
    func reportToOperators(
        _ worker: PeerID, _ lease: SessionLease, on channel: ChannelIdentity
    ) throws {
        let number = reports[lease, default: 0] + 1
        reports[lease] = number
        let text = EventText.open(
            type: "log_entry", channel: channel.name, at: hub.now, eventID: "log",
            body: ["payload": ["line": "x"]])
        let event = ProducedEvent(
            channel: channel, eventID: "log", isIdempotent: false, time: hub.now,
            content: .ready(textBytes: text.count))
        try send(worker, RunReport(lease: lease, number: number, events: [event], texts: text))
    }

    /// Ends a run in the usual way.
    func complete(_ worker: PeerID, _ lease: SessionLease, _ reason: String = "complete") throws {
        try report(worker, lease, [(.complete, ["reason": .string(reason)])])
    }

    /// Asks for permission as a run; throws the refusal.
    @discardableResult
    func ask(
        _ worker: PeerID, _ lease: SessionLease, _ request: String, digest: String = "d",
        rule: PermissionRule? = nil, _ more: JSONObject = [:]
    ) throws -> JSONValue {
        var parameters: JSONObject = [
            "sessionId": .string(lease.session.text), "generation": .integer(lease.generation),
            "requestId": .string(request), "toolName": "Bash", "command": "make",
            "description": "Builds", "inputDigest": .string(digest),
        ]
        parameters["rule"] = rule?.wireJSON
        for (key, value) in more { parameters[key] = value }
        return try hub.call(worker, .requestPermission, parameters)
    }

    func transcript(_ worker: PeerID, _ lease: SessionLease) throws -> [TranscriptEntry] {
        var entries: [TranscriptEntry] = []
        var cursor: JSONValue = .null
        repeat {
            let page = try hub.call(
                worker, .readTranscript,
                [
                    "sessionId": .string(lease.session.text),
                    "generation": .integer(lease.generation), "cursor": cursor,
                ])
            entries += try (page["items"]?.arrayValue ?? []).map { try TranscriptEntry($0) }
            cursor = page["nextCursor"] ?? .null
        } while !cursor.isNull
        return entries
    }

    private func send(_ worker: PeerID, _ report: RunReport) throws {
        // As the wire has it, so that the form is tested too.
        let message = try PeerMessage(PeerMessage.report(nextRequest, report).envelope)
        nextRequest += 1
        do {
            let answer = try hub.ask(worker) { number in
                guard case .report(_, let report) = message else { return message }
                return .report(number, report)
            }
            if let refusal = answer.refusal { throw refusal }
            #expect(answer.value == .null)
        } catch TestHubError.noAnswer where report.isTextAlone {
            // Held, and answered later.
        }
    }
}

extension RunReport {
    fileprivate var isTextAlone: Bool {
        transcript.isEmpty
            && events.allSatisfy { event in
                if case .session(.textDelta, _) = event.content { true } else { false }
            }
    }
}

extension TranscriptEntry {
    /// An assistant's text.
    static func says(_ text: String) -> TranscriptEntry {
        TranscriptEntry(
            role: .assistant,
            content: JSONValue.array([["type": "text", "text": .string(text)]]).encoded())
    }

    var text: String { String(decoding: content, as: UTF8.self) }
}
