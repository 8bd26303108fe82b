import Client
import ClientCaseSupport
import JSON
import Synchronization

/// Runs one behaviour case with a simulated server.
final class CaseRunner {
    private let script: JSONValue
    private let transport = ScriptedTransport()
    private let queues = SeenQueues()
    private let stage: CaseStage
    private var matcher = CaseMatcher()
    /// Attempts whose arrival was looked at.
    private var attemptsRead = 0
    private var eventNumber = 0

    init(_ script: JSONValue) {
        self.script = script
        stage = CaseStage(
            script, url: "ws://127.0.0.1/ws", over: transport,
            transportIsQuiet: { [transport] in transport.isQuiet },
            observe: { [queues] in queues.add($0) })
    }

    func run() async throws {
        let steps = script["steps"]?.arrayValue ?? []
        for (index, step) in steps.enumerated() {
            guard let fields = step.objectValue, fields.count == 1,
                let (verb, value) = fields.first(where: { _ in true })
            else { throw CaseMismatch("step \(index) has not exactly one key") }
            do {
                try await perform(verb, value)
            } catch {
                throw CaseMismatch("step \(index) \(step): \(error)")
            }
        }
        readTransport()
        let left = queues.left
        guard left.isEmpty else { throw CaseMismatch("at the end there is left: \(left)") }
        guard attemptsRead == transport.attempts.count else {
            throw CaseMismatch("at the end there is an attempt that no step names")
        }
    }

    private func perform(_ verb: String, _ value: JSONValue) async throws {
        if try await stage.perform(verb, value) { return }
        if try server(verb, value) { return try await stage.settle() }
        if verb == "establish" { return try await establish(value) }
        readTransport()
        try expect(verb, value)
    }

    private func establish(_ value: JSONValue) async throws {
        try await perform("attempt", [:])
        try await perform("accept", [:])
        let interval = value["heartbeatIntervalMs"] ?? 15_000
        try await perform("send", ["type": "connected", "heartbeatIntervalMs": interval])
        while let state = queues.take("state") {
            if state["state"] == "connected" { return }
        }
        throw CaseMismatch("the client was not connected")
    }
}

// MARK: - The server

extension CaseRunner {
    /// - Returns: false where it is none of the server's steps.
    private func server(_ verb: String, _ value: JSONValue) throws -> Bool {
        let event: TransportEvent
        switch verb {
        case "accept": event = .opened(subprotocol: "switchboard.v1")
        case "refuse":
            let status = value["status"]?.integerValue.map { Int($0) }
            event = .failed(
                TransportFailure(
                    httpStatus: status,
                    retryAfter: value["retryAfter"]?.integerValue.map { .seconds($0) },
                    description: "the handshake was answered with \(status ?? 0)"))
        case "send": event = .text(try message(value).encoded())
        case "sendText": event = .text(Array((value.stringValue ?? "").utf8))
        case "close":
            event = .closed(
                code: UInt16(value["code"]?.integerValue ?? 1005),
                reason: value["reason"]?.stringValue ?? "")
        case "drop": event = .closed(code: 1006, reason: "")
        default: return false
        }
        guard let connection = transport.attempts.last else {
            throw CaseMismatch("there is no attempt")
        }
        connection.happen(event)
        return true
    }

    private func message(_ value: JSONValue) throws -> JSONValue {
        var fields = try matcher.filled(value).objectValue ?? [:]
        eventNumber += 1
        let envelope: JSONObject = [
            "timestamp": "2026-01-01T00:00:00.000Z", "eventId": "event-\(eventNumber)",
            "encoding": "json",
        ]
        for (key, value) in envelope where fields[key] == nil { fields[key] = value }
        return .object(fields)
    }
}

// MARK: - What is seen

extension CaseRunner {
    private func readTransport() {
        for connection in transport.attempts {
            for text in connection.takeSent() {
                // The client's own JSON.
                if let command = try? JSONValue(parsing: text) { queues.add("sent", command) }
            }
            if let code = connection.takeClose() {
                queues.add("closed", ["code": .integer(Int64(code))])
            }
        }
    }

    private func expect(_ verb: String, _ value: JSONValue) throws {
        switch verb {
        case "attempt":
            guard attemptsRead < transport.attempts.count else {
                throw CaseMismatch("there is no attempt")
            }
            let protocols = transport.attempts[attemptsRead].request.subprotocols
            attemptsRead += 1
            try match(value, ["protocols": .array(protocols.map { .string($0) })])
        case "noAttempt":
            guard attemptsRead == transport.attempts.count else {
                throw CaseMismatch("there is an attempt")
            }
        case "sentNothing": try nothing("sent")
        case "settledNothing": try nothing("settled")
        case "toldNothing": try nothing("told \(value.stringValue ?? "")")
        case "told":
            try match(value, queues.take("told \(value["to"]?.stringValue ?? "")"))
        case "sent", "closed", "state", "error", "settled": try match(value, queues.take(verb))
        default: throw CaseMismatch("there is no such step")
        }
    }

    private func match(_ pattern: JSONValue, _ value: JSONValue?) throws {
        guard matcher.matches(pattern, value) else {
            throw CaseMismatch("seen instead: \(value.map { "\($0)" } ?? "nothing")")
        }
    }

    private func nothing(_ kind: String) throws {
        if let first = queues.take(kind) { throw CaseMismatch("seen: \(first)") }
    }
}

/// What was seen and not yet compared, a queue a kind; one a handler for what it was told.
final class SeenQueues: Sendable {
    private let queues = Mutex<[String: [JSONValue]]>([:])

    func add(_ observation: CaseObservation) {
        let kind = observation.kind.rawValue
        let name = observation.fields["to"]?.stringValue
        add(observation.kind == .told ? "\(kind) \(name ?? "")" : kind, observation.fields)
    }

    func add(_ kind: String, _ value: JSONValue) {
        queues.withLock { $0[kind, default: []].append(value) }
    }

    func take(_ kind: String) -> JSONValue? {
        queues.withLock { queues in
            guard queues[kind]?.isEmpty == false else { return nil }
            return queues[kind]?.removeFirst()
        }
    }

    var left: [String: [JSONValue]] { queues.withLock { $0.filter { !$0.value.isEmpty } } }
}
