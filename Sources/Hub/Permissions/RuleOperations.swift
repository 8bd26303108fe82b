import JSON
import Protocol
import Realtime
import Store

/// `rules.*`: what `alwaysAllow` remembered for a session.
struct RuleOperations {
    let directory: SessionDirectory
    let leases: Leases

    func register(in operations: OperationRegistry) {
        operations.onRead(.listRules, list)
        operations.on(.deleteRules, delete)
    }

    /// Oldest first.
    private func list(_ call: OperationCall) throws -> HeavyRead {
        let (session, page) = (try call.session(directory).row, try call.page())
        return HeavyRead(for: session.teamID) { store in
            let rows = try store.rules(
                of: session.id, after: page.afterMoment(), limit: page.fetch)
            return page.answer(
                rows, position: { ListPage.position($0.createdAt, $0.id) }, json: \.json)
        }
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
