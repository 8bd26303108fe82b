import Crypto
import JSON
import Protocol
import Realtime
import Store

/// One call of an operation, already allowed to its caller.
package struct OperationCall {
    package let operation: Operation
    /// Path, query and body fields in one object.
    package let parameters: JSONObject
    package let caller: Caller
    package let iteration: Iteration

    package var store: StoreTransaction { iteration.store }

    /// Reads parameters and throws everything that is wrong with them.
    package func read<Result>(_ body: (FieldReader) -> Result) throws -> Result {
        let reader = FieldReader(parameters)
        let result = body(reader)
        try reader.check()
        return result
    }

    /// The team that the call is about: the principal's own, or the one that the CLI names.
    package func team() throws -> TeamID {
        switch caller {
        case .principal(let principal):
            return principal.teamID
        case .local:
            let id: TeamID? = try read { reader in
                let id: TeamID? = reader.identifier("teamId")
                if id == nil { _ = reader.require("teamId", id, or: "none") }
                return id
            }
            guard let id, try store.team(id) != nil else {
                throw OperationError(.notFound, "there is no team \(id?.text ?? "")")
            }
            return id
        case .anonymous, .agentWorker, .run:
            throw OperationError(.authRequired, "\(operation.rawValue) needs a credential")
        }
    }

    /// The channel that a name means to the caller; locally `teamId` says whose spec or agent it is.
    package func identity(of name: ChannelName) throws -> ChannelIdentity {
        try ChannelIdentity(name) ?? ChannelIdentity(name, of: try team())
    }

    /// `id` of the path; a malformed one is as unknown as any other.
    package func pathID<Kind>(_ key: String = "id") throws -> Identifier<Kind> {
        guard let text = parameters[key]?.stringValue,
            let id = try? Identifier<Kind>(parsing: text)  // malformed: nothing has that name
        else { throw notFound() }
        return id
    }

    /// The one answer for an unknown thing and for another team's.
    package func notFound() -> OperationError {
        OperationError(.notFound, "\(operation.rawValue): there is nothing under this id")
    }

    /// `limit` and `cursor` of a list.
    package func page() throws -> ListPage {
        try read { reader in
            let limit = reader.integer("limit", in: 1...Int64(Limits.maximumPageRows))
            var after: String?
            if let cursor = reader.string("cursor", bytes: 1...1_024) {
                after = Base64URL.decode(cursor).map { String(decoding: $0, as: UTF8.self) }
                if after == nil { reader.refuse("cursor", "a nextCursor of an earlier answer") }
            }
            return ListPage(limit: limit.map(Int.init) ?? Limits.defaultPageRows, after: after)
        }
    }
}
