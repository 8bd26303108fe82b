import Crypto
import JSON
import Protocol
import Realtime
import Store

/// `keys.list`, `keys.create`, `keys.delete`: of the caller's team.
extension HubCore {
    func setUpKeyOperations() {
        operations.onRead(.listKeys) { call in
            let (team, page) = (try call.team(), try call.page())
            return HeavyRead(for: team) { store in
                let rows = try store.keys(of: team, after: page.afterID(), limit: page.fetch)
                return page.answer(rows, position: \.id.text) { .object($0.json) }
            }
        }
        operations.on(.createKey) { [unowned self] call in try createKey(call) }
        operations.on(.deleteKey) { [unowned self] call in
            let team = try call.team()
            let id: CredentialID = try call.pathID()
            guard try call.store.key(id)?.teamID == team else { throw call.notFound() }
            try call.store.deleteKey(id)
            credentials.remove([id], .credentialEnded, call.iteration)
            return ["id": .string(id.text), "deleted": true]
        }
    }

    /// The answer is the only place where the whole key ever stands.
    private func createKey(_ call: OperationCall) throws -> JSONValue {
        let team = try call.team()
        let now = call.iteration.now
        let secret = Base64URL.encode(SecureRandom.bytes(32))
        let key = try call.read { reader in
            let expiresAt = reader.timestamp("expiresAt")
            if let expiresAt, expiresAt <= now { reader.refuse("expiresAt", "a time to come") }
            let scopes = reader.scopes("scopes")
            let isInstallationAdmin =
                call.caller == .local && reader.boolean("installation") == true
            if isInstallationAdmin && !scopes.contains(.admin) {
                reader.refuse("scopes", "admin among them, for an admin of the installation")
            }
            return KeyRow(
                id: Fresh.identifier("key"), teamID: team,
                name: reader.string("name", bytes: 1...256) ?? "key",
                digest: Digest(of: secret).hex, scopes: scopes, createdAt: now,
                expiresAt: expiresAt, isInstallationAdmin: isInstallationAdmin)
        }
        guard try call.store.keyCount(of: team) < settings.hub.maximumKeysPerTeam else {
            throw limitReached("keys", settings.hub.maximumKeysPerTeam, "maximumKeysPerTeam")
        }
        try call.store.insert(key)
        credentials.add(key.credential, call.iteration)
        var json = key.json
        json["key"] = .string(TokenForm.apiKey.token(id: key.id, secret: secret))
        return .object(json)
    }

    /// What a team meets that has as many of something as it may.
    package func limitReached(
        _ things: String, _ limit: Int, _ setting: String
    ) -> OperationError {
        metrics.reached(limit: "hub.\(setting)")
        return OperationError(
            .limitReached,
            "there are \(limit) \(things), which is the limit (hub.\(setting)); delete some first")
    }
}

extension KeyRow {
    /// *key* of CONTRACT §4.
    var json: JSONObject {
        [
            "id": .string(id.text), "name": .string(name), "teamId": .string(teamID.text),
            "scopes": .array(scopes.sortedWords), "createdAt": .string(createdAt.description),
            "expiresAt": .time(expiresAt), "lastUsedAt": .time(lastUsedAt),
            "installationAdmin": .bool(isInstallationAdmin),
        ]
    }
}

extension JSONValue {
    /// A time as the envelope writes it, or null.
    package static func time(_ time: Timestamp?) -> JSONValue {
        time.map { .string($0.description) } ?? .null
    }

    /// A text or null.
    package static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension FieldReader {
    /// A list of at least one scope.
    func scopes(_ key: String) -> Set<Scope> {
        let words = value(key)?.arrayValue ?? []
        let scopes = Set(words.compactMap { $0.stringValue.flatMap(Scope.init(rawValue:)) })
        if scopes.isEmpty || scopes.count != words.count {
            let all = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(key, "a list of at least one of \(all), each once")
        }
        return scopes
    }
}
