import Access
import Daemon
import JSON
import Protocol
import Realtime
import Testing
import WebSocketWorker
import WebSockets

private let now = Timestamp(milliseconds: 1_000_000)

private func table() -> CredentialTable {
    var table = CredentialTable()
    _ = table.apply(
        CredentialUpdate(
            isReset: true,
            changed: [
                credential("k1"), credential("l1", login: true),
                credential("l2", login: true, expiresAt: now),
            ]))
    return table
}

private func request(
    path: String = "/ws", isUpgrade: Bool = true, apiKey: String? = keyToken,
    cookie: String? = nil, origin: String? = nil, query: String? = nil
) -> HandshakeRequest {
    HandshakeRequest(
        path: path, query: query, isUpgrade: isUpgrade, host: "host.example", origin: origin,
        cookie: cookie, apiKey: apiKey, forwardedFor: "192.0.2.1",
        subprotocols: ["switchboard.v1", "x"])
}

private func refusal(
    _ request: HandshakeRequest, _ table: CredentialTable = table(),
    _ counts: ConnectionCounts = ConnectionCounts(), settings: WebSocketSettings = .init()
) -> HandshakeRefusal? {
    let policy = HandshakePolicy(http: HTTPSettings(), webSocket: settings)
    do throws(HandshakeRefusal) {
        _ = try policy.decide(request, table, counts, at: now)
        return nil
    } catch {
        return error
    }
}

struct HandshakePolicyTests {
    @Test func `a valid key is admitted with the subprotocol that it offered`() throws {
        let policy = HandshakePolicy(http: HTTPSettings(), webSocket: WebSocketSettings())
        let admission = try policy.decide(request(), table(), ConnectionCounts(), at: now)
        #expect(admission.subprotocol == "switchboard.v1")
        #expect(admission.address == "192.0.2.1")
        #expect(admission.resolution.principal.teamID == team)
        var bare = request()
        bare.subprotocols = ["unknown"]
        #expect(try policy.decide(bare, table(), ConnectionCounts(), at: now).subprotocol == nil)
    }

    @Test func `every refusal has its status and code`() {
        let login = "__Host-switchboard.sid=\(loginToken)"
        let cases: [(HandshakeRefusal?, Int, ErrorCode)] = [
            (refusal(request(path: "/x")), 404, .notFound),
            (refusal(request(isUpgrade: false)), 426, .upgradeRequired),
            (refusal(request(query: "apiKey=1")), 401, .authRequired),
            (refusal(request(apiKey: nil)), 401, .authRequired),
            (refusal(request(apiKey: "wrong")), 401, .invalidAPIKey),
            (
                refusal(
                    request(
                        apiKey: nil, cookie: "__Host-switchboard.sid=%zz",
                        origin: "https://host.example")),
                401, .invalidSession
            ),
            (
                refusal(
                    request(
                        apiKey: nil, cookie: "__Host-switchboard.sid=swl_l2.secret",
                        origin: "https://host.example")), 401, .sessionExpired
            ),
            (refusal(request(origin: "https://evil.example")), 403, .originForbidden),
            (refusal(request(apiKey: nil, cookie: login)), 403, .originForbidden),
            (refusal(request(), CredentialTable()), 503, .authServiceUnavailable),
        ]
        for (refusal, status, code) in cases {
            #expect(refusal?.status == status)
            #expect(refusal?.code == code)
        }
    }

    @Test func `a login cookie from the own page is admitted`() {
        let login = "__Host-switchboard.sid=\(loginToken)"
        #expect(
            refusal(request(apiKey: nil, cookie: login, origin: "https://host.example")) == nil)
    }

    @Test func `the addresses of one IPv6 network count as one`() {
        let key = Principal(credential("k1"))
        var counts = ConnectionCounts()
        counts.opened(key, address: "2001:db8:1:1::1")
        var settings = WebSocketSettings()
        settings.maximumConnectionsPerAddress = 1
        func limit(_ address: String) -> ConnectionCounts.Limit? {
            counts.reachedLimit(settings, principal: key, address: address)
        }
        #expect(limit("2001:db8:1:1:ffff::2") == .address)
        #expect(limit("2001:db8:1:2::1") == nil)
        #expect(limit("192.0.2.1") == nil)
    }

    @Test func `each connection limit refuses with its name`() throws {
        let key = Principal(credential("k1"))
        var counts = ConnectionCounts()
        counts.opened(key, address: "192.0.2.1")
        var settings = WebSocketSettings()
        settings.maximumConnections = 1
        #expect(
            refusal(request(), table(), counts, settings: settings) == .tooManyConnections(.worker))
        settings.maximumConnections = 2
        settings.maximumConnectionsPerPrincipal = 1
        #expect(
            refusal(request(), table(), counts, settings: settings)
                == .tooManyConnections(.principal))
        settings.maximumConnectionsPerPrincipal = 2
        settings.maximumConnectionsPerAddress = 1
        #expect(
            refusal(request(), table(), counts, settings: settings)
                == .tooManyConnections(.address))
        counts.closed(key, address: "192.0.2.1")
        #expect(counts == ConnectionCounts())
        #expect(refusal(request(), table(), counts, settings: settings) == nil)
    }

    @Test func `the answer is the REST error body with the request's id`() throws {
        let answer = HandshakeRefusal.tooManyConnections(.worker)
            .answer(requestID: RequestID(from: "r-1"))
        #expect(answer.status == 503)
        let body = try JSONValue(parsing: answer.body)
        #expect(body["error"]?["code"]?.stringValue == "TOO_MANY_CONNECTIONS")
        #expect(body["error"]?["requestId"]?.stringValue == "r-1")
        #expect(answer.headers.contains { $0.name == "x-request-id" && $0.value == "r-1" })
        #expect(answer.headers.contains { $0.name == "Retry-After" })
    }

    @Test func `a proxy isn't given an Upgrade header, which HTTP 2 forbids`() {
        func names(_ isProxied: Bool) -> [String] {
            HandshakeRefusal.notAnUpgrade(isProxied: isProxied)
                .answer(requestID: RequestID(from: nil)).headers.map(\.name)
        }
        #expect(names(false).contains("Upgrade"))
        #expect(!names(true).contains("Upgrade"))
    }

    @Test func `no refusal repeats the credential`() {
        for refusal in [
            AccessError.invalidAPIKey(isUnknown: true), .inQuery(parameter: "token"), .missing,
        ] {
            #expect(!refusal.description.contains("secret"))
        }
    }
}

struct DrainPlanTests {
    @Test func `few connections end at once, many over the drain`() {
        #expect(DrainPlan(connections: 5, drain: .seconds(8)).batch == 100)
        let many = DrainPlan(connections: 20_000, drain: .seconds(8))
        #expect(many.batch == 286)
        #expect(many.longestDelay == .seconds(7))
        #expect(DrainPlan(connections: 20_000, drain: .zero).batch == 20_000)
    }

    @Test func `a connection more is no leap of everybody's delay`() {
        func longest(_ connections: Int) -> Duration {
            DrainPlan(connections: connections, drain: .seconds(8)).longestDelay
        }
        for connections in 0..<8_000 {
            let leap = longest(connections + 1) - longest(connections)
            #expect(leap >= .zero && leap <= .milliseconds(1), "at \(connections)")
        }
        #expect(longest(101) == .seconds(1))
    }

    @Test func `a client's delay is within the plan`() {
        var random = SystemRandomNumberGenerator()
        let plan = DrainPlan(connections: 5, drain: .seconds(8))
        for _ in 0..<100 { #expect((0...1_000).contains(plan.delayMilliseconds(using: &random))) }
    }
}

struct HubRefusalTests {
    @Test func `only codes of open connections reach a client`() {
        for code in ErrorCode.allCases {
            #expect(ErrorCode.onOpenConnection.contains(HubRefusal.ofSubscribe(code)))
            #expect(ErrorCode.onOpenConnection.contains(HubRefusal.ofPermission(code)))
        }
        #expect(HubRefusal.ofPermission(.notFound) == .permissionNotFound)
        #expect(HubRefusal.ofSubscribe(.notFound) == .channelForbidden)
    }
}
