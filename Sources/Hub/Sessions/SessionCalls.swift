import Protocol
import Realtime
import Store

/// What the operations on sessions share.
extension OperationCall {
    /// The team whose things the caller sees; nil for every team, which only the CLI does.
    func visibleTeam() throws -> TeamID? {
        if case .local = caller, parameters["teamId"] == nil { return nil }
        return try team()
    }

    /// Whether the caller may know that this team's things exist.
    func maySee(_ team: TeamID) -> Bool {
        switch caller {
        case .principal(let principal): principal.teamID == team
        case .local: true
        case .anonymous, .agentWorker, .run: false
        }
    }

    /// The session that the path names (`id`), or a command (`sessionId`).
    func session(_ directory: SessionDirectory) throws -> SessionDirectory.Entry {
        let id: SessionID = try pathID(parameters["id"] == nil ? "sessionId" : "id")
        guard let entry = try directory.entry(id, iteration), maySee(entry.row.teamID) else {
            throw notFound()
        }
        return entry
    }
}

extension ListPage {
    /// The position as a time and an id, in the form of ``position(_:_:)``; nil where it is none.
    func afterMoment<Kind>() -> (createdAt: Timestamp, id: Identifier<Kind>)? {
        guard let parts = after?.split(separator: " ", maxSplits: 1), parts.count == 2,
            let milliseconds = Int64(parts[0]),
            let id = try? Identifier<Kind>(parsing: parts[1])  // a cursor made up by the caller
        else { return nil }
        return (Timestamp(milliseconds: milliseconds), id)
    }

    /// Where a list by time of creation goes on.
    static func position<Kind>(_ createdAt: Timestamp, _ id: Identifier<Kind>) -> String {
        "\(createdAt.milliseconds) \(id)"
    }
}
