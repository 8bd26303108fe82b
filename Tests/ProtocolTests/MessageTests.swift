import JSON
import Protocol
import Realtime
import System
import Testing

/// Every message survives its way over the wire.
@Suite struct MessageTests {
    private let position = StreamPosition(epoch: "e1", offset: 41)
    private let lease = SessionLease(session: "s", generation: 3)

    @Test func `peer messages survive the wire`() throws {
        let ready = ProducedEvent(
            channel: .team("t"), eventID: "a", isIdempotent: true, time: Timestamp(milliseconds: 5),
            content: .ready(textBytes: 3))
        let session = ProducedEvent(
            channel: .session("s"), eventID: "b", isIdempotent: false,
            time: Timestamp(milliseconds: 6),
            content: .session(.textDelta, fields: ["delta": "ä"]))
        let messages: [PeerMessage] = [
            .subscribe(1, "k1", .team("t"), since: nil),
            .subscribe(2, "k1", .session("s"), since: position),
            .read(3, "k1", .team("t"), since: position),
            .resume(4, "t", .team("t"), since: position),
            .release(.spec("x", of: "t")),
            .publish(5, "k1", [ready, session], texts: [1, 2, 3]),
            .call(6, nil, .createTeam, ["name": "T"]),
            .call(7, "k1", .listSessions, [:]),
            .used(["k1", "l2"]),
            .stats(["connections": 3]),
            .ready(AgentReadiness(capacity: 9, leases: [lease])),
            .ready(AgentReadiness(capacity: 0, leases: [])),
            .kept(["s", "t"]),
            .report(8, RunReport(lease: lease, number: 1, events: [])),
            .report(
                9,
                RunReport(
                    lease: lease, number: 2, events: [session, ready], texts: [1, 2, 3],
                    transcript: [
                        TranscriptEntry(role: .assistant, content: Array("[]".utf8)),
                        TranscriptEntry(role: .user, isSummary: true, content: [7, 7]),
                    ])),
        ]
        for message in messages { #expect(try PeerMessage(message.envelope) == message) }
    }

    @Test func `hub messages survive the wire`() throws {
        let page = Page(
            items: [.init(offset: 42, bytes: 2), .init(offset: 43, bytes: 1)], texts: [9, 9, 8],
            reachesHead: false)
        let credential = Credential(
            id: "k1", digest: "00ff", subject: .apiKey, teamID: "t", scopes: [.publish, .admin],
            expiresAt: Timestamp(milliseconds: 9))
        let login = Credential(
            id: "l1", digest: "aa", subject: .login("u", .member), teamID: "t",
            scopes: Role.member.scopes, expiresAt: nil)
        let messages: [HubMessage] = [
            .welcome(Welcome(instance: "i", generations: Generations(config: 1, theme: 2))),
            .credentials(
                CredentialUpdate(
                    isReset: true, isComplete: false, changed: [credential, login],
                    removed: [.init(id: "k2", closeCode: .credentialEnded)])),
            .subscribed(1, Joined(head: position, isRecovered: false), .empty),
            .subscribed(
                2, Joined(head: position, isRecovered: true, snapshot: Array("{}".utf8)), page),
            .page(3, page),
            .result(4, ["items": []]),
            .refused(
                5,
                OperationError(
                    .rateLimited, "slow down", details: ["a": 1], retryAfterSeconds: 3)),
            .delivery(.team("t"), 44, text: [1]),
            .delivery(.agent("x", of: "t"), 1, text: [1]),
            .withdrawn(.spec("x", of: "t2")),
            .withdrawn(.session("x")),
            .announcement(Generations(config: 2, theme: 2), text: [3]),
            .agent(
                .run(
                    RunAssignment(
                        lease: lease, team: "t", messages: [.init(id: "m", text: "Hi")],
                        mode: .ask, modeVersion: 2, permissionTimeoutMilliseconds: nil,
                        isResumed: false))),
            .agent(.run(assignment)),
            .agent(
                .permissionEnded(
                    "s", "p", PermissionVerdict(allowed: true, alwaysAllow: true, reason: "u"))),
            .agent(.abort(lease, reason: "user:u")),
            .agent(.modeChanged("s", .allowAll, version: 3)),
            .agent(.rulesChanged("s", assignment.rules)),
            .agent(.sessionDeleted("s")),
        ]
        for message in messages { #expect(try HubMessage(message.envelope) == message) }
    }

    private var assignment: RunAssignment {
        RunAssignment(
            lease: lease, team: "t", agent: "a",
            messages: [.init(id: "m", text: "Hi"), .init(id: "n", text: "")], mode: .safe,
            modeVersion: 1,
            rules: [
                PermissionRule(toolName: "Bash", scope: .commandPrefix(["git", "status"])),
                PermissionRule(toolName: "Bash", scope: .command(["make", "test"])),
                PermissionRule(toolName: "Edit", scope: .path("src")),
            ],
            workspace: .init(id: "w", path: "/srv/w"), workingDirectory: "sub", model: "m",
            permissionTimeoutMilliseconds: 60_000, isResumed: true)
    }

    @Test func `an entry survives the list of a transcript`() throws {
        let entry = TranscriptEntry(personsText: "ä\"")
        #expect(try TranscriptEntry(entry.json) == entry)
        #expect(entry.content == Array(#"[{"type":"text","text":"ä\""}]"#.utf8))
    }

    @Test(arguments: [1, 3, -1])
    func `a report whose lengths do not add up is refused`(bytes: Int64) {
        let entry: JSONValue = ["role": "user", "summary": false, "bytes": .integer(bytes)]
        #expect(throws: WireError.badField("bytes")) {
            try PeerMessage(
                Envelope(
                    header: [
                        "type": "report", "request": 1, "session": "s", "generation": 1,
                        "number": 1,
                        "events": [], "transcript": [entry],
                    ], body: [1, 2]))
        }
    }

    @Test(
        arguments: [
            ["type": "page", "request": 1, "offsets": [1], "lengths": [9], "last": true],
            ["type": "page", "request": 1, "offsets": [1, 2], "lengths": [1], "last": true],
            ["type": "page", "request": 1, "offsets": [1], "lengths": [-1], "last": true],
            ["type": "page", "request": 1, "offsets": [], "lengths": [], "last": true],
        ] as [JSONObject])
    func `a page whose lengths do not add up is refused`(header: JSONObject) {
        #expect(throws: WireError.badField("lengths")) {
            try HubMessage(Envelope(header: header, body: [0]))
        }
    }

    @Test func `a publish whose lengths do not add up is refused`() {
        let event: JSONValue = [
            "channel": "team:t", "eventId": "e", "idempotent": false, "time": 1, "bytes": 2,
        ]
        #expect(throws: WireError.badField("bytes")) {
            try PeerMessage(
                Envelope(header: ["type": "publish", "request": 1, "events": [event]], body: [1]))
        }
    }

    @Test func `another version is refused with what to do`() {
        var header = Hello(role: .cli, name: "cli", processID: 1).envelope.header
        header["version"] = .integer(Hello.currentVersion + 1)
        #expect(throws: WireError.wrongVersion(Hello.currentVersion + 1)) {
            try Hello(Envelope(header: header))
        }
    }

    @Test func `a hello tells the version of its program, and those from before need not`() throws {
        let hello = Hello(role: .cli, name: "cli", processID: 1)
        #expect(try Hello(hello.envelope).release == Version.current)
        let older = Hello(role: .cli, name: "cli", processID: 1, release: nil)
        #expect(try Hello(older.envelope).release == nil)
        let odd = Hello(role: .cli, name: "cli", processID: 1, release: "1\n2")
        #expect(throws: WireError.badField("release")) { try Hello(odd.envelope) }
    }

    @Test(arguments: ["", "a b", "ä", String(repeating: "a", count: 65), "a\nb"])
    func `a process name is short and plain, because it labels logs`(name: String) {
        let hello = Hello(role: .cli, name: name, processID: 1)
        #expect(throws: WireError.badField("name")) { try Hello(hello.envelope) }
    }
}
