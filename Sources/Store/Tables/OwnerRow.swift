import Realtime

/// A team's spec or agent: what the authorisation of its channel reads.
///
/// Ids are a team's own.
public struct OwnerRow: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case spec, agent
    }

    public let kind: Kind
    /// A `SpecID` or an `AgentID`.
    public let id: String
    public let teamID: TeamID
    public let name: String?
    public let status: String?

    public init(kind: Kind, id: String, teamID: TeamID, name: String?, status: String?) {
        self.kind = kind
        self.id = id
        self.teamID = teamID
        self.name = name
        self.status = status
    }

    static let columns = "kind, id, team_id, name, status"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            kind: try row.word(), id: try row.text(), teamID: try row.identifier(),
            name: try row.optionalText(), status: try row.optionalText())
    }
}

extension StoreTransaction {
    /// Inserts, or replaces what the team recorded under the same kind and id.
    public func put(_ owner: OwnerRow) throws(StoreError) {
        try execute(
            """
            INSERT INTO owners (\(OwnerRow.columns)) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (team_id, kind, id) DO UPDATE SET
                name = excluded.name, status = excluded.status
            """,
            [owner.kind.rawValue, owner.id, owner.teamID.text, owner.name, owner.status])
    }

    public func owner(
        _ kind: OwnerRow.Kind, _ id: String, of team: TeamID
    ) throws(StoreError) -> OwnerRow? {
        try row(
            "SELECT \(OwnerRow.columns) FROM owners WHERE team_id = ? AND kind = ? AND id = ?",
            [team.text, kind.rawValue, id], OwnerRow.init)
    }

    /// Of one team, by id.
    public func owners(
        _ kind: OwnerRow.Kind, of team: TeamID, after id: String? = nil, limit: Int
    ) throws(StoreError) -> [OwnerRow] {
        try rows(
            """
            SELECT \(OwnerRow.columns) FROM owners
            WHERE team_id = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?
            """,
            [team.text, kind.rawValue, id ?? "", limit], OwnerRow.init)
    }

    public func ownerCount(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM owners WHERE team_id = ?", [team.text])
    }

    public func deleteOwner(
        _ kind: OwnerRow.Kind, _ id: String, of team: TeamID
    ) throws(StoreError) {
        try execute(
            "DELETE FROM owners WHERE team_id = ? AND kind = ? AND id = ?",
            [team.text, kind.rawValue, id])
    }
}
