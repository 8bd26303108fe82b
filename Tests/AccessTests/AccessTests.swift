import Access
import Crypto
import Protocol
import Realtime
import Testing

private let now = Timestamp(milliseconds: 1_000_000)

private func credential(
    _ id: CredentialID, _ secret: String, login: Bool = false, team: TeamID = "t1",
    expiresAt: Timestamp? = nil
) -> Credential {
    Credential(
        id: id, digest: Digest(of: secret).hex, subject: login ? .login("u1", .member) : .apiKey,
        teamID: team, scopes: [.publish], expiresAt: expiresAt)
}

private func table(_ credentials: [Credential]) -> CredentialTable {
    var table = CredentialTable()
    _ = table.apply(CredentialUpdate(isReset: true, changed: credentials))
    return table
}

private let key = credential("k1", "secret")
private let login = credential("l1", "secret", login: true)
private let keyToken = "swk_k1.secret"
private let loginToken = "swl_l1.secret"
private let everybody = table([
    key, login, credential("k2", "secret", expiresAt: now),
    credential("l2", "secret", login: true, expiresAt: now),
])

/// The public id of whoever was let in, or why nobody was.
private func outcome(_ presented: PresentedCredentials) -> Result<String, AccessError> {
    do throws(AccessError) {
        let resolution = try PrincipalResolver.resolve(presented, everybody, at: now)
        return .success("\(resolution.principal.credentialID) \(resolution.source)")
    } catch {
        return .failure(error)
    }
}

struct PrincipalResolverTests {
    @Test func `each place lets its credential in`() {
        #expect(outcome(.init(apiKey: keyToken)) == .success("k1 apiKeyHeader"))
        #expect(
            outcome(.init(authorization: "bearer \(keyToken)"))
                == .success("k1 authorizationHeader"))
        #expect(
            outcome(.init(subprotocols: ["switchboard.v1", "bearer.\(loginToken)"]))
                == .success("l1 subprotocol"))
        #expect(
            outcome(.init(cookie: "a=b; __Host-switchboard.sid=\(loginToken)"))
                == .success("l1 cookie"))
        #expect(
            outcome(.init(cookie: "__Host-switchboard.sid=\"swl%5Fl1.secret\""))
                == .success("l1 cookie"))
    }

    @Test func `an invalid credential never falls back to the next place`() {
        let rest = PresentedCredentials(
            apiKey: "", authorization: "Bearer \(keyToken)",
            subprotocols: ["bearer.\(keyToken)"], cookie: "__Host-switchboard.sid=\(loginToken)")
        #expect(outcome(rest) == .failure(.invalidAPIKey(isUnknown: false)))
        var next = rest
        next.apiKey = nil
        next.authorization = "Bearer"
        #expect(outcome(next) == .failure(.invalidAPIKey(isUnknown: false)))
        next.authorization = nil
        next.subprotocols = ["bearer."]
        #expect(outcome(next) == .failure(.invalidAPIKey(isUnknown: false)))
    }

    @Test(arguments: ["Basic dTpw", "basic dTpw", "Negotiate YII", "Digest username=\"u\""])
    func `another scheme is that of a proxy in front, and none of our credentials`(
        _ header: String
    ) {
        let login = "__Host-switchboard.sid=\(loginToken)"
        #expect(
            outcome(.init(authorization: header, cookie: login)) == .success("l1 cookie"))
        #expect(outcome(.init(apiKey: keyToken, authorization: header)) != .failure(.missing))
        #expect(outcome(.init(authorization: header)) == .failure(.missing))
    }

    @Test(arguments: [
        "swk_k1.wrong", "swk_k1", "swk_.secret", "k1.secret", "", "swl_l1.secret",
        "swl_k1.secret", "swk_l1.secret", "swk_k2.secret",
    ])
    func `no other token is an API key`(_ token: String) {
        #expect(outcome(.init(apiKey: token)) == .failure(.invalidAPIKey(isUnknown: false)))
    }

    @Test(arguments: [
        "__Host-switchboard.sid=swl_l1.wrong", "__Host-switchboard.sid=",
        "__Host-switchboard.sid=%zz",
        "__Host-switchboard.sid=%", "__Host-switchboard.sid=%ff",
        "__Host-switchboard.sid=swk_k1.secret",
        "__Host-switchboard.sid=swl_l1.secret; __Host-switchboard.sid=swl_l1.other",
        "__Host-switchboard.sid=swl_l1.secret; __Host-switchboard.sid=swl_l1.secret",
    ])
    func `no other cookie is a login`(_ cookie: String) {
        #expect(outcome(.init(cookie: cookie)) == .failure(.invalidSession(isUnknown: false)))
    }

    @Test func `an expired login says so, wherever it stood`() {
        #expect(
            outcome(.init(cookie: "__Host-switchboard.sid=swl_l2.secret"))
                == .failure(.sessionExpired))
        #expect(outcome(.init(authorization: "Bearer swl_l2.secret")) == .failure(.sessionExpired))
    }

    @Test func `the look that refuses says whether news could make the credential good`() {
        #expect(
            outcome(.init(apiKey: "swk_k9.secret")) == .failure(.invalidAPIKey(isUnknown: true)))
        #expect(
            outcome(.init(authorization: "Bearer swl_l9.secret"))
                == .failure(.invalidSession(isUnknown: true)))
        #expect(
            outcome(.init(apiKey: "swl_l9.secret")) == .failure(.invalidAPIKey(isUnknown: false)),
            "no login is ever taken there")
    }

    @Test func `nothing at all, or other cookies, is no credential`() {
        #expect(outcome(.init()) == .failure(.missing))
        for name in ["x__Host-switchboard.sid", "switchboard.sid", "__host-switchboard.sid"] {
            #expect(outcome(.init(cookie: "\(name)=\(loginToken); b")) == .failure(.missing))
        }
        #expect(outcome(.init(subprotocols: ["switchboard.v1"])) == .failure(.missing))
    }

    @Test(arguments: ["apiKey=x", "a=b&token=x", "access_token", "api%4Bey=x", "TOKEN="])
    func `a credential in the query is refused, also beside a valid one`(_ query: String) {
        guard case .failure(.inQuery) = outcome(.init(query: query, apiKey: keyToken)) else {
            Issue.record("\(query) was let in")
            return
        }
    }

    @Test func `other query parameters don't matter`() {
        #expect(
            outcome(.init(query: "tokens=1&x=token", apiKey: keyToken))
                == .success("k1 apiKeyHeader"))
    }

    @Test func `while the hub is away nobody is let in`() {
        var table = everybody
        table.hubWasLost()
        #expect(throws: AccessError.unavailable) {
            try PrincipalResolver.resolve(.init(apiKey: keyToken), table, at: now)
        }
        #expect(throws: AccessError.unavailable) {
            try PrincipalResolver.resolve(.init(apiKey: keyToken), CredentialTable(), at: now)
        }
    }
}

struct CredentialTableTests {
    @Test func `a table in parts is current with its last one`() {
        var table = CredentialTable()
        _ = table.apply(CredentialUpdate(isReset: true, isComplete: false, changed: [key]))
        #expect(!table.isCurrent)
        #expect(table["k1"] == nil)
        _ = table.apply(CredentialUpdate(isComplete: true, changed: [login]))
        #expect(table.isCurrent)
        #expect(table.count == 2)
    }

    @Test func `a revocation ends its credential with the hub's code`() {
        var table = table([key, login])
        let removal = CredentialUpdate.Removal(id: "k1", closeCode: .permissionWithdrawn)
        #expect(table.apply(CredentialUpdate(removed: [removal])) == [removal])
        #expect(table["k1"] == nil)
    }

    @Test func `what ended while the hub was away ends with the next table`() {
        var table = table([key, login, credential("k3", "old")])
        table.hubWasLost()
        let moved = credential("l1", "secret", login: true, team: "t2")
        let ended = table.apply(
            CredentialUpdate(isReset: true, changed: [moved, credential("k3", "new")]))
        #expect(
            ended == [
                .init(id: "k1", closeCode: .credentialEnded),
                .init(id: "k3", closeCode: .credentialEnded),
                .init(id: "l1", closeCode: .permissionWithdrawn),
            ])
    }

    @Test func `a credential that lost a scope ends, one that gained some goes on`() {
        var wider = credential("k1", "secret")
        var table = table([wider])
        wider = Credential(
            id: "k1", digest: wider.digest, subject: .apiKey, teamID: "t1",
            scopes: [.publish, .channelsRead], expiresAt: nil)
        #expect(table.apply(CredentialUpdate(changed: [wider])).isEmpty)
        #expect(
            table.apply(CredentialUpdate(changed: [credential("k1", "secret")]))
                == [.init(id: "k1", closeCode: .permissionWithdrawn)])
    }

    @Test func `new rows end nothing`() {
        var table = table([key])
        #expect(table.apply(CredentialUpdate(changed: [login, key])).isEmpty)
        #expect(table.count == 2)
    }
}

struct OriginPolicyTests {
    private let policy = OriginPolicy(allowedOrigins: ["https://app.example.org"])

    @Test(arguments: [
        ("https://Host.example", "host.example"),
        ("https://host.example:8443", "host.example:8443"),
        ("https://host.example:443", "host.example"), ("https://app.example.org", "x"),
        ("http://localhost:81", "localhost:81"), ("http://127.0.0.1", "127.0.0.1"),
    ])
    func `the own origin and those on the list may act`(_ origin: String, _ host: String) {
        #expect(policy.allows(origin: origin, host: host))
    }

    @Test(arguments: [
        ("null", "host"), ("", "host"), ("https://evil.example", "host.example"),
        ("http://host.example", "host.example"), ("https://host.example", "host.example:8443"),
        ("https://host.example.evil", "host.example"), ("http://localhost.evil", "localhost.evil"),
        ("https://", ""), ("https://app.example.org.evil", "x"),
    ])
    func `others may not`(_ origin: String, _ host: String) {
        #expect(!policy.allows(origin: origin, host: host))
    }

    @Test func `a cookie needs an origin, a key does not`() {
        #expect(throws: AccessError.cookieWithoutOrigin) {
            try policy.check(origin: nil, host: "h", source: .cookie)
        }
        #expect(throws: AccessError.foreignOrigin) {
            try policy.check(origin: "https://evil", host: "h", source: .apiKeyHeader)
        }
        #expect(throws: Never.self) {
            try policy.check(origin: nil, host: "h", source: .apiKeyHeader)
        }
    }
}

struct RequestIDTests {
    @Test func `a usable id is kept, any other replaced`() {
        #expect(RequestID(from: "a.B_9-").text == "a.B_9-")
        let long = String(repeating: "a", count: 65)
        for header in [nil, "", "a b", "a\u{e9}", long] {
            #expect(RequestID(from: header).text != header)
            #expect(RequestID(from: header).text.utf8.count == 22)
        }
    }
}
