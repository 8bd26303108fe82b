import JSON
import Protocol
import Realtime
import Store

/// `permissions.*`: questions of agents, and people's answers.
struct PermissionOperations {
    let directory: SessionDirectory
    let desk: PermissionDesk
    let runs: RunDesk

    func register(in operations: OperationRegistry) {
        operations.onRead(.listTeamPermissions) { call in
            try list(call, of: try call.visibleTeam(), in: nil)
        }
        operations.onRead(.listSessionPermissions) { call in
            let session = try call.session(directory).row
            return try list(call, of: session.teamID, in: session.id)
        }
        operations.on(.requestPermission, request)
        operations.on(.answerPermission, answer)
    }

    /// Oldest first.
    private func list(
        _ call: OperationCall, of team: TeamID?, in session: SessionID?
    ) throws -> HeavyRead {
        let page = try call.page()
        return HeavyRead(for: team) { store in
            let batch = try store.pendingPermissions(
                of: team, in: session, after: page.afterQuestion(), limit: page.limit,
                maximumBytes: Limits.maximumPageBytes)
            return page.answer(batch, position: ListPage.position(of:), json: \.json)
        }
    }

    /// Of a worker's run, or of an agent outside: a repeated question is the same question, until
    /// it has ended.
    private func request(_ call: OperationCall) throws -> JSONValue {
        if case .agentWorker = call.caller {
            return try RunQuestions(directory: directory, desk: desk, leases: runs.leases).ask(call)
        }
        let session = try call.session(directory).row
        let question = try call.read { reader in
            desk.question(
                reader.identifier("requestId") ?? Fresh.identifier("prm"), in: session, reader,
                now: call.iteration.now)
        }
        try runs.admit(call.caller, into: question.key.session, call.iteration)
        guard let known = try call.store.permission(question.key) else {
            try desk.ask(question, call.iteration)
            return question.json
        }
        guard known.toolName == question.toolName, known.command == question.command else {
            throw OperationError(
                .conflict, "the request id \(known.key.request) stands for another question")
        }
        guard known.state == .pending else {
            throw OperationError(
                .permissionAlreadyResolved, "the request \(known.key.request) has ended")
        }
        return known.json
    }

    /// Over REST, and for the WebSocket command `permission_response`.
    private func answer(_ call: OperationCall) throws -> JSONValue {
        let question = try question(call)
        let answer = try call.read { reader in
            PermissionAnswer(
                allowed: reader.requiredBoolean("allowed"),
                alwaysAllow: reader.boolean("alwaysAllow") ?? false, by: call.caller.actor)
        }
        let remembered = try desk.answer(question, answer, call.iteration)
        return [
            "requestId": .string(question.key.request.text),
            "sessionId": .string(question.key.session.text), "allowed": .bool(answer.allowed),
            "alwaysAllow": .bool(remembered), "resolvedBy": .string(answer.principal),
        ]
    }

    private func question(_ call: OperationCall) throws -> PermissionRow {
        let unknown = OperationError(
            .permissionNotFound, "there is no such permission request in a session of your team")
        do {
            let session = try call.session(directory).row.id
            let key = PermissionKey(session, try call.pathID("requestId"))
            guard let question = try call.store.permission(key) else { throw unknown }
            return question
        } catch let error as OperationError where error.code == .notFound {
            throw unknown
        }
    }
}

extension ListPage {
    /// The position as a question's, in the form of ``position(of:)``; nil where it is none.
    fileprivate func afterQuestion() -> (createdAt: Timestamp, key: PermissionKey)? {
        guard let parts = after?.split(separator: " "), parts.count == 3,
            let milliseconds = Int64(parts[0]),
            let session = try? SessionID(parsing: parts[1]),  // a cursor made up by the caller
            let request = try? PermissionRequestID(parsing: parts[2])  // the same
        else { return nil }
        return (Timestamp(milliseconds: milliseconds), PermissionKey(session, request))
    }

    fileprivate static func position(of row: PermissionRow) -> String {
        "\(row.createdAt.milliseconds) \(row.key.session) \(row.key.request)"
    }
}
