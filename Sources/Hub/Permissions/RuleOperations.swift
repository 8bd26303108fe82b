import JSON
import Protocol
import Realtime
import Store

/// `rules.*`: what `alwaysAllow` remembered for a session.
struct RuleOperations {
    let directory: SessionDirectory
    let leases: Leases

    func register(in operations: OperationRegistry) {
        operations.on(.listRules, list)
        operations.on(.deleteRules, delete)
    }

    /// Oldest first, always all: their number is small.
    private func list(_ call: OperationCall) throws -> JSONValue {
        let rules = try call.store.rules(of: try call.session(directory).row.id)
        return ["items": .array(rules.map(\.json)), "nextCursor": .null]
    }

    /// One (`ruleId`) or all.
    private func delete(_ call: OperationCall) throws -> JSONValue {
        let session = try call.session(directory).row.id
        let rule: RuleID? = try call.read { $0.identifier("ruleId") }
        let count = try call.store.deleteRules(of: session, rule)
        if rule != nil, count == 0 { throw call.notFound() }
        try leases.tellRules(of: session, call.iteration)
        return ["deleted": .integer(Int64(count))]
    }
}
