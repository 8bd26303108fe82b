import JSON
import Protocol
import Realtime
import Store

/// Questions of agent workers: `permissions.request` under a lease.
///
/// Bound to the session, the lease's generation and the digest of the exact call; the answer to one
/// is never the answer to another.
struct RunQuestions {
    let directory: SessionDirectory
    let desk: PermissionDesk
    let leases: Leases

    /// A repeated question is the same question; how it ended is told again.
    func ask(_ call: OperationCall) throws -> JSONValue {
        let lease = try call.lease()
        let row = try leases.row(of: lease, for: call)
        guard row.state != .stopping else {
            throw OperationError(
                .conflict, "the run is being stopped, so nobody is asked for it any more")
        }
        guard let session = try directory.entry(lease.session, call.iteration)?.row else {
            throw call.notFound()
        }
        let question = try read(call, session, lease)
        guard let known = try call.store.permission(question.key) else {
            try desk.ask(question, call.iteration)
            return question.json
        }
        guard known.asksTheSame(as: question) else {
            throw OperationError(
                .conflict, "the request id \(known.key.request) stands for another question")
        }
        if known.state != .pending { desk.tellWorker(of: known, call.iteration) }
        return known.json
    }

    private func read(
        _ call: OperationCall, _ session: SessionRow, _ lease: SessionLease
    ) throws -> PermissionRow {
        try call.read { reader in
            var question = desk.question(
                reader.require("requestId", reader.identifier("requestId"), or: "none"),
                in: session, reader, now: call.iteration.now)
            question.generation = lease.generation
            question.inputDigest = reader.requiredString("inputDigest", bytes: 1...256)
            question.rule = Self.rule(reader, of: question.toolName)
            return question
        }
    }

    /// A rule that is too long to be read in a list is none: nothing is remembered then.
    private static func rule(_ reader: FieldReader, of toolName: String) -> PermissionRule? {
        guard let value = reader.value("rule"), !value.isNull else { return nil }
        guard let rule = PermissionRule(wireJSON: value), rule.toolName == toolName else {
            reader.refuse("rule", "a rule for the tool that asks")
            return nil
        }
        return value.encoded().count <= SimpleCommand.maximumBytes ? rule : nil
    }
}

extension PermissionRow {
    fileprivate func asksTheSame(as other: PermissionRow) -> Bool {
        generation == other.generation && inputDigest == other.inputDigest
            && toolName == other.toolName && command == other.command
    }
}

extension OperationCall {
    /// The lease that a worker's call names; who holds it is looked at where it is used.
    func lease() throws -> SessionLease {
        let session: SessionID = try pathID("sessionId")
        let generation = try read { reader in
            reader.require("generation", reader.integer("generation", in: 1...Int64.max), or: 0)
        }
        return SessionLease(session: session, generation: generation)
    }
}
