import JSON
import Protocol
import Realtime

/// What a command line can ask, of the hub on its own machine or of one behind HTTPS.
///
/// Calls block until they are answered. For one thread at a time.
public protocol Administration: AnyObject {
    /// Runs one operation; parameters are the path, query and body fields of its REST route in one
    /// object. Locally `teamId` says for which team.
    func call(_ operation: Operation, _ parameters: JSONObject) throws(ClientError) -> JSONValue

    /// Publishes events as `POST /api/publish` takes them; answers that route's `results`.
    ///
    /// - Parameter team: locally, whose specs and agents are meant; nil where only one team has them.
    ///   A key has its own.
    func publish(_ events: [JSONObject], of team: TeamID?) throws(ClientError) -> [JSONValue]
}

extension Administration {
    /// Every item of a list, page by page.
    public func list(
        _ operation: Operation, _ parameters: JSONObject = [:]
    ) throws(ClientError) -> [JSONValue] {
        var items: [JSONValue] = []
        var parameters = parameters
        parameters["limit"] = .integer(Int64(Limits.maximumPageRows))
        while true {
            let page = try call(operation, parameters)
            guard let rows = page["items"]?.arrayValue else {
                throw .unexpectedAnswer("\(operation.rawValue) has no items")
            }
            items += rows
            guard let cursor = page["nextCursor"], !cursor.isNull else { return items }
            parameters["cursor"] = cursor
        }
    }
}
