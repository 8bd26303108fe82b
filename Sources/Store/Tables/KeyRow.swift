import Protocol
import Realtime

/// An API key: what it may do, and the digest of its secret.
public struct KeyRow: Sendable, Equatable {
    public let id: CredentialID
    public let teamID: TeamID
    public let name: String
    /// BLAKE2b-256 of the secret part, 64 hexadecimal digits.
    public let digest: String
    public let scopes: Set<Scope>
    public let createdAt: Timestamp
    public let expiresAt: Timestamp?
    public let lastUsedAt: Timestamp?
    /// Whether its holder may change what belongs to all teams.
    public let isInstallationAdmin: Bool

    public init(
        id: CredentialID, teamID: TeamID, name: String, digest: String, scopes: Set<Scope>,
        createdAt: Timestamp, expiresAt: Timestamp?, lastUsedAt: Timestamp? = nil,
        isInstallationAdmin: Bool = false
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.isInstallationAdmin = isInstallationAdmin
    }

    /// The row that workers decide handshakes by.
    public var credential: Credential {
        Credential(
            id: id, digest: digest, subject: .apiKey, teamID: teamID, scopes: scopes,
            expiresAt: expiresAt, isInstallationAdmin: isInstallationAdmin)
    }

    static let columns =
        "id, team_id, name, digest, scopes, created_at, expires_at, last_used_at, is_installation"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            id: try row.identifier(), teamID: try row.identifier(), name: try row.text(),
            digest: try row.text(), scopes: try row.scopes(), createdAt: try row.time(),
            expiresAt: try row.optionalTime(), lastUsedAt: try row.optionalTime(),
            isInstallationAdmin: try row.flag())
    }
}

extension StoreTransaction {
    public func insert(_ key: KeyRow) throws(StoreError) {
        try execute(
            "INSERT INTO keys (\(KeyRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key.id.text, key.teamID.text, key.name, key.digest, key.scopes.stored,
                key.createdAt.milliseconds, key.expiresAt?.milliseconds,
                key.lastUsedAt?.milliseconds, key.isInstallationAdmin,
            ])
    }

    public func key(_ id: CredentialID) throws(StoreError) -> KeyRow? {
        try row("SELECT \(KeyRow.columns) FROM keys WHERE id = ?", [id.text], KeyRow.init)
    }

    /// Of one team, by id.
    public func keys(
        of team: TeamID, after id: CredentialID? = nil, limit: Int
    ) throws(StoreError) -> [KeyRow] {
        try rows(
            """
            SELECT \(KeyRow.columns) FROM keys
            WHERE team_id = ? AND id > ? ORDER BY id LIMIT ?
            """,
            [team.text, id?.text ?? "", limit], KeyRow.init)
    }

    /// Every key, at the start of the hub.
    public func allKeys() throws(StoreError) -> [KeyRow] {
        try rows("SELECT \(KeyRow.columns) FROM keys", [], KeyRow.init)
    }

    public func keyCount(of team: TeamID) throws(StoreError) -> Int {
        try integer("SELECT count(*) FROM keys WHERE team_id = ?", [team.text])
    }

    public func deleteKey(_ id: CredentialID) throws(StoreError) {
        try execute("DELETE FROM keys WHERE id = ?", [id.text])
    }

    public func setKeyUsed(_ id: CredentialID, at time: Timestamp) throws(StoreError) {
        try execute(
            "UPDATE keys SET last_used_at = ? WHERE id = ?", [time.milliseconds, id.text])
    }

    /// Keys that expired before `time`, at most `limit`.
    public func keysExpired(
        before time: Timestamp, limit: Int
    ) throws(StoreError) -> [CredentialID] {
        try rows(
            "SELECT id FROM keys WHERE expires_at < ? LIMIT ?", [time.milliseconds, limit]
        ) { (row) throws(StoreError) in try row.identifier() }
    }
}
