import Realtime

/// The public name of a credential: the part of an API key or login token that is no secret.
public typealias CredentialID = Identifier<CredentialKind>

/// See ``CredentialID``.
public enum CredentialKind: IdentifierKind {
    public static var noun: String { "credential id" }
}

/// One row of the table that the hub pushes to every worker: what a token proves, never the token.
public struct Credential: Sendable, Equatable {
    /// What stands behind the credential.
    public enum Subject: Sendable, Equatable {
        case apiKey
        case login(UserID, Role)
    }

    public let id: CredentialID
    /// BLAKE2b-256 of the token's secret part, as 64 hexadecimal digits.
    public let digest: String
    public let subject: Subject
    public let teamID: TeamID
    public let scopes: Set<Scope>
    /// From this moment on it proves nothing; nil: until it is revoked.
    public let expiresAt: Timestamp?
    /// Whether it may change what belongs to all teams, such as the configuration.
    public let isInstallationAdmin: Bool

    public init(
        id: CredentialID, digest: String, subject: Subject, teamID: TeamID, scopes: Set<Scope>,
        expiresAt: Timestamp?, isInstallationAdmin: Bool = false
    ) {
        self.id = id
        self.digest = digest
        self.subject = subject
        self.teamID = teamID
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.isInstallationAdmin = isInstallationAdmin
    }

    public func isExpired(at now: Timestamp) -> Bool {
        expiresAt.map { $0 <= now } ?? false
    }
}

/// Whom a connection or a request acts as.
public struct Principal: Sendable, Equatable {
    public let credentialID: CredentialID
    public let subject: Credential.Subject
    public let teamID: TeamID
    public let scopes: Set<Scope>
    /// See ``Credential/isInstallationAdmin``.
    public let isInstallationAdmin: Bool

    public init(_ credential: Credential) {
        credentialID = credential.id
        subject = credential.subject
        teamID = credential.teamID
        scopes = credential.scopes
        isInstallationAdmin = credential.isInstallationAdmin
    }

    /// How events and logs name it: `key:<id>` or `user:<id>`.
    public var actor: String {
        switch subject {
        case .apiKey: "key:\(credentialID)"
        case .login(let user, _): "user:\(user)"
        }
    }
}

/// The two forms of a bearer token: a prefix that secret scanners can find, the credential's
/// public id, a point, and 32 random bytes in base64url.
public enum TokenForm: String, Sendable, CaseIterable {
    case apiKey = "swk_"
    case login = "swl_"

    /// Takes a token apart; nil where it has neither form.
    public static func split(_ token: String) -> (
        form: TokenForm, id: CredentialID, secret: String
    )? {
        guard let form = allCases.first(where: { token.hasPrefix($0.rawValue) }) else { return nil }
        let parts = token.dropFirst(form.rawValue.count)
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, (1...128).contains(parts[1].utf8.count),
            let id = try? CredentialID(parsing: parts[0])  // an id of another form is another token
        else { return nil }
        return (form, id, String(parts[1]))
    }

    /// Puts a token together.
    public func token(id: CredentialID, secret: String) -> String { "\(rawValue)\(id).\(secret)" }
}
