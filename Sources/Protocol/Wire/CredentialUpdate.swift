import JSON
import Realtime

/// A change of the credential table, or a part of the whole table at connect.
///
/// The whole table comes in parts of at most ``maximumRows`` rows: the first has ``isReset``, the
/// last ``isComplete``. A worker decides no handshake before it saw a complete table.
public struct CredentialUpdate: Sendable, Equatable {
    /// 500 rows of about 300 bytes keep a part well below an IPC header's limit.
    public static let maximumRows = 500

    public let isReset: Bool
    public let isComplete: Bool
    public let changed: [Credential]
    /// What of a removed credential is open has to be closed at once.
    public let removed: [Removal]

    /// A credential that ended, and what its connections are told.
    public struct Removal: Sendable, Equatable {
        public let id: CredentialID
        public let closeCode: CloseCode

        public init(id: CredentialID, closeCode: CloseCode) {
            self.id = id
            self.closeCode = closeCode
        }
    }

    public init(
        isReset: Bool = false, isComplete: Bool = true, changed: [Credential] = [],
        removed: [Removal] = []
    ) {
        self.isReset = isReset
        self.isComplete = isComplete
        self.changed = changed
        self.removed = removed
    }

    var header: JSONObject {
        [
            "type": "credentials", "reset": .bool(isReset), "complete": .bool(isComplete),
            "changed": .array(changed.map { .object($0.header) }),
            "removed": .array(
                removed.map {
                    [
                        "id": .string($0.id.text),
                        "close": .integer(Int64($0.closeCode.rawValue)),
                    ]
                }),
        ]
    }

    init(_ reader: HeaderReader) throws(WireError) {
        isReset = try reader.boolean("reset")
        isComplete = try reader.boolean("complete")
        var changed: [Credential] = []
        for row in try reader.array("changed") {
            changed.append(try Credential(try HeaderReader(row, "changed")))
        }
        self.changed = changed
        var removed: [Removal] = []
        for row in try reader.array("removed") {
            let inner = try HeaderReader(row, "removed")
            guard let number = UInt16(exactly: try inner.integer("close")),
                let code = CloseCode(rawValue: number)
            else { throw .badField("close") }
            removed.append(Removal(id: try inner.identifier("id"), closeCode: code))
        }
        self.removed = removed
    }
}

extension Credential {
    var header: JSONObject {
        var header: JSONObject = [
            "id": .string(id.text), "digest": .string(digest), "team": .string(teamID.text),
            "scopes": .array(scopes.map(\.rawValue).sorted().map { .string($0) }),
        ]
        if case .login(let user, let role) = subject {
            header["user"] = .string(user.text)
            header["role"] = .string(role.rawValue)
        }
        if isInstallationAdmin { header["installation"] = true }
        if let expiresAt { header["expires"] = .integer(expiresAt.milliseconds) }
        return header
    }

    init(_ reader: HeaderReader) throws(WireError) {
        var scopes: Set<Scope> = []
        for word in try reader.array("scopes") {
            guard let scope = word.stringValue.flatMap({ Scope(rawValue: $0) }) else {
                throw .badField("scopes")
            }
            scopes.insert(scope)
        }
        let user: UserID? = try reader.optionalIdentifier("user")
        self.init(
            id: try reader.identifier("id"), digest: try reader.string("digest"),
            subject: try user.map { user throws(WireError) in .login(user, try reader.word("role"))
            }
                ?? .apiKey,
            teamID: try reader.identifier("team"), scopes: scopes,
            expiresAt: try reader.optionalInteger("expires").map {
                Timestamp(milliseconds: $0)
            },
            isInstallationAdmin: reader.fields["installation"] == nil
                ? false : try reader.boolean("installation"))
    }
}
