import Crypto
import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct CredentialTests {
    @Test func `a worker gets the welcome, then the whole table, in parts`() throws {
        let fixture = try Fixture { $0.hub.maximumKeysPerTeam = 2_000 }
        for _ in 1...600 { _ = try Fixture.key(fixture.hub, fixture.cli, fixture.team) }
        let late = try fixture.hub.connect(.webSocketWorker, "ws-2")
        var messages = fixture.hub.take(late)
        guard case .welcome = messages.removeFirst() else {
            Issue.record("no welcome first")
            return
        }
        let parts = messages.compactMap { message in
            if case .credentials(let update) = message { update } else { nil }
        }
        #expect(parts.map(\.isReset) == [true, false])
        #expect(parts.map(\.isComplete) == [false, true])
        #expect(parts.map(\.changed.count) == [500, 101])
    }

    @Test func `an empty table is complete too`() throws {
        let hub = try TestHub()
        let peer = try hub.connect(.fastCGIWorker)
        #expect(
            hub.take(peer).contains(.credentials(CredentialUpdate(isReset: true))))
    }

    @Test func `a new key is pushed as a digest, before its maker has the answer`() throws {
        let fixture = try Fixture()
        let number: Int64 = 99
        try fixture.hub.tell(
            fixture.fcgi,
            .call(number, fixture.key, .createKey, ["name": "n", "scopes": ["publish"]]))
        let seen = fixture.hub.take(fixture.fcgi)
        guard case .credentials(let update) = seen.first, let row = update.changed.first,
            case .result(number, let value) = seen.last
        else {
            Issue.record("not a push and then an answer: \(seen)")
            return
        }
        let token = TokenForm.split(try value.text("key"))
        #expect(token?.form == .apiKey && token?.id == row.id)
        #expect(Digest(of: token?.secret ?? "").hex == row.digest)
        #expect(row.scopes == [.publish] && row.teamID == fixture.team)
        let list = try fixture.hub.call(fixture.fcgi, .listKeys, as: fixture.key)
        #expect(!String(decoding: list.encoded(), as: UTF8.self).contains(row.digest))
    }

    @Test func `a deleted key ends its connections and reads nothing more`() throws {
        let fixture = try Fixture()
        let key = try Fixture.key(fixture.hub, fixture.cli, fixture.team)
        _ = fixture.hub.take(fixture.ws)
        try fixture.hub.call(
            fixture.fcgi, .deleteKey, ["id": .string(key.text)], as: fixture.key)
        let removal = CredentialUpdate.Removal(id: key, closeCode: .credentialEnded)
        #expect(
            fixture.hub.take(fixture.ws) == [.credentials(CredentialUpdate(removed: [removal]))])
        #expect(try fixture.subscribe(as: key).refusal?.code == .channelForbidden)
        #expect(try fixture.publish(as: key).refusal?.code == .authRequired)
    }

    @Test func `another team's key is unknown`() throws {
        let fixture = try Fixture()
        let other = try Fixture.team(fixture.hub, fixture.cli, "Two")
        let foreign = try Fixture.key(fixture.hub, fixture.cli, other)
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(
                fixture.fcgi, .deleteKey, ["id": .string(foreign.text)], as: fixture.key)
        }
        #expect(error?.code == .notFound)
    }

    @Test func `an expired key is refused at once and forgotten after a week`() throws {
        let fixture = try Fixture()
        let key = try Fixture.key(
            fixture.hub, fixture.cli, fixture.team, expiresAt: fixture.hub.now + .seconds(10))
        #expect(try fixture.publish(as: key).refusal == nil)
        try fixture.hub.wait(.seconds(10))
        #expect(try fixture.publish(as: key).refusal?.code == .invalidAPIKey)
        func isListed() throws -> Bool {
            let list = try fixture.hub.call(fixture.fcgi, .listKeys, as: fixture.key)
            return (list["items"]?.arrayValue ?? []).contains { $0["id"]?.stringValue == key.text }
        }
        #expect(try isListed())
        try fixture.hub.wait(.seconds(7 * 86_400 + 1))
        #expect(try !isListed())
    }

    @Test func `the time of a key's last use is kept`() throws {
        let fixture = try Fixture()
        try fixture.hub.tell(fixture.ws, .used([fixture.key, "unknown"]))
        let list = try fixture.hub.call(fixture.fcgi, .listKeys, as: fixture.key)
        #expect(
            list["items"]?.arrayValue?.first?["lastUsedAt"]?.stringValue
                == fixture.hub.now.description)
    }

    @Test func `a team has no more keys than it may`() throws {
        let fixture = try Fixture { $0.hub.maximumKeysPerTeam = 1 }
        let error = #expect(throws: OperationError.self) {
            try Fixture.key(fixture.hub, fixture.cli, fixture.team)
        }
        #expect(error?.code == .limitReached)
    }

    @Test func `a list is read page by page to its end`() throws {
        let fixture = try Fixture()
        for _ in 1...4 { _ = try Fixture.key(fixture.hub, fixture.cli, fixture.team) }
        var ids: Set<String> = []
        var parameters: JSONObject = ["limit": 2]
        var pages = 0
        while true {
            let page = try fixture.hub.call(fixture.fcgi, .listKeys, parameters, as: fixture.key)
            pages += 1
            for item in page["items"]?.arrayValue ?? [] { ids.insert(try item.text("id")) }
            guard let cursor = page["nextCursor"], !cursor.isNull else { break }
            parameters["cursor"] = cursor
        }
        #expect(ids.count == 5 && pages == 3)
    }
}
