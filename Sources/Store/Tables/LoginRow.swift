import Protocol
import Realtime

/// A person's signed-in state on one device.
public struct LoginRow: Sendable, Equatable {
    public let id: CredentialID
    public let userID: UserID
    /// BLAKE2b-256 of the secret part, 64 hexadecimal digits.
    public let digest: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    /// What the person sees of the device, such as `Firefox on Linux`.
    public let device: String?
    public let lastUsedAt: Timestamp?

    public init(
        id: CredentialID, userID: UserID, digest: String, createdAt: Timestamp,
        expiresAt: Timestamp, device: String? = nil, lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.userID = userID
        self.digest = digest
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.device = device
        self.lastUsedAt = lastUsedAt
    }

    /// The row that workers decide handshakes by.
    public func credential(
        of team: TeamID, role: Role, isInstallationAdmin: Bool = false
    ) -> Credential {
        Credential(
            id: id, digest: digest, subject: .login(userID, role), teamID: team,
            scopes: role.scopes, expiresAt: expiresAt, isInstallationAdmin: isInstallationAdmin)
    }

    static let columns = "id, user_id, digest, created_at, expires_at, device, last_used_at"

    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            id: try row.identifier(), userID: try row.identifier(), digest: try row.text(),
            createdAt: try row.time(), expiresAt: try row.time(), device: try row.optionalText(),
            lastUsedAt: try row.optionalTime())
    }
}

extension StoreTransaction {
    public func insert(_ login: LoginRow) throws(StoreError) {
        try execute(
            "INSERT INTO logins (\(LoginRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                login.id.text, login.userID.text, login.digest, login.createdAt.milliseconds,
                login.expiresAt.milliseconds, login.device, login.lastUsedAt?.milliseconds,
            ])
    }

    /// Every login with its person's team and role, at the start of the hub.
    public func allLoginCredentials() throws(StoreError) -> [Credential] {
        try rows(
            """
            SELECT l.id, l.user_id, l.digest, l.created_at, l.expires_at, l.device, l.last_used_at,
                u.team_id, u.role, u.is_installation
            FROM logins AS l JOIN users AS u ON u.id = l.user_id
            """
        ) { (row) throws(StoreError) in
            let login = try LoginRow(&row)
            return login.credential(
                of: try row.identifier(), role: try row.word(),
                isInstallationAdmin: try row.flag())
        }
    }

    /// Of one person, oldest first.
    public func logins(of user: UserID) throws(StoreError) -> [CredentialID] {
        try rows(
            "SELECT id FROM logins WHERE user_id = ? ORDER BY created_at, id", [user.text]
        ) { (row) throws(StoreError) in try row.identifier() }
    }

    /// Of one person, newest first.
    public func loginRows(of user: UserID, limit: Int) throws(StoreError) -> [LoginRow] {
        try rows(
            """
            SELECT \(LoginRow.columns) FROM logins WHERE user_id = ?
            ORDER BY created_at DESC, id LIMIT ?
            """, [user.text, limit], LoginRow.init)
    }

    public func deleteLogin(_ id: CredentialID) throws(StoreError) {
        try execute("DELETE FROM logins WHERE id = ?", [id.text])
    }

    public func setLoginUsed(_ id: CredentialID, at time: Timestamp) throws(StoreError) {
        try execute(
            "UPDATE logins SET last_used_at = ? WHERE id = ?", [time.milliseconds, id.text])
    }

    /// Logins that expired before `time`, at most `limit`.
    public func loginsExpired(
        before time: Timestamp, limit: Int
    ) throws(StoreError) -> [CredentialID] {
        try rows(
            "SELECT id FROM logins WHERE expires_at < ? LIMIT ?", [time.milliseconds, limit]
        ) { (row) throws(StoreError) in try row.identifier() }
    }
}
