import Hub
import JSON
import Protocol
import Realtime
import Testing

/// Lists are bounded, leave the loop, and are shared fairly.
@Suite struct `Reads` {
    @Test func `a page of long messages ends at its bytes, and its cursor goes on`() throws {
        let fixture = try Fixture()
        let session = try fixture.session()
        try fixture.say(12, texts: 200_000, in: session)
        for order in ["oldest", "newest"] {
            let pages = try fixture.pages(
                .listMessages, ["id": session, "order": .string(order), "limit": 200])
            #expect(pages.count == 3)
            #expect(pages.allSatisfy { $0.encoded().count < Limits.maximumPageBytes + 1_024 })
            let numbers = pages.flatMap { $0["items"]?.arrayValue ?? [] }
                .compactMap { $0["turnId"]?.stringValue }
            let all = (1...12).map { "turn-\($0)" }
            #expect(numbers == (order == "oldest" ? all : all.reversed()))
        }
    }

    @Test func `a page holds one item at least, however long`() throws {
        let fixture = try Fixture()
        let session = try fixture.session()
        // Its start and its result are one message.
        for number in 1...3 {
            for (type, field) in [("tool_start", "toolInput"), ("tool_result", "result")] {
                let text = JSONValue.string(String(repeating: "\\", count: 125_000))
                try fixture.publish(
                    SessionEventType(rawValue: type),
                    [
                        "toolUseId": .string("use-\(number)"), "toolName": "T",
                        field: field == "result" ? text : ["text": text],
                    ], in: session)
            }
        }
        let pages = try fixture.pages(.listMessages, ["id": session, "limit": 200])
        #expect(pages.map { $0["items"]?.arrayValue?.count } == [2, 1])
    }

    @Test func `history ends at its bytes as well`() throws {
        let fixture = try Fixture()
        for _ in 1...9 {
            #expect(try fixture.publish(String(repeating: "x", count: 250_000)).refusal == nil)
        }
        let pages = try fixture.pages(
            .readHistory, ["channel": .string(fixture.channel.description), "limit": 200])
        #expect(pages.map { $0["items"]?.arrayValue?.count } == [4, 4, 1])
        let offsets = pages.flatMap { $0["items"]?.arrayValue ?? [] }.map { $0["offset"] }
        #expect(offsets == (1...9).map { .integer($0) })
        #expect(pages.allSatisfy { $0["offset"] == 9 })
    }

    @Test func `the loop itself reads next to nothing for a list`() throws {
        let fixture = try Fixture()
        let session = try fixture.session()
        try fixture.say(12, texts: 200_000, in: session)
        let before = try fixture.metric("hub_loop_read_bytes_total")
        for _ in 1...20 {
            _ = try fixture.hub.call(
                fixture.fcgi, .listMessages, ["id": session, "limit": 200], as: fixture.key)
        }
        #expect(try fixture.metric("hub_loop_read_bytes_total") - before < 20_000)
        #expect(try fixture.metric("hub_read_bytes_total") > 15_000_000)
    }

    @Test func `a team with too many reads is refused, and another's turn comes next`() throws {
        let fixture = try Fixture { $0.hub.maximumReadsPerTeam = 8 }
        let other = try Fixture.team(fixture.hub, fixture.cli, "Other")
        let neighbour = try Fixture.key(fixture.hub, fixture.cli, other)
        _ = fixture.hub.take(fixture.fcgi)
        fixture.hub.isReading = false
        // Two have begun, eight wait.
        for number in 1...10 { try fixture.list(Int64(number)) }
        #expect(fixture.hub.take(fixture.fcgi).isEmpty)
        try fixture.list(11)
        let refusal = try #require(fixture.hub.take(fixture.fcgi).first?.refusal)
        #expect(refusal.code == .rateLimited && refusal.retryAfterSeconds == 1)
        #expect(
            try fixture.metric("limits_reached_total", of: "hub.maximumReadsPerTeam") == 1)
        try fixture.list(100, as: neighbour)
        try fixture.hub.read(4)
        #expect(fixture.answers() == [1, 2, 3, 100])
        try fixture.hub.read(100)
        #expect(fixture.answers() == [4, 5, 6, 7, 8, 9, 10])
    }

    @Test func `what was read is not told to who may not have it any more`() throws {
        let fixture = try Fixture()
        let key = try Fixture.key(fixture.hub, fixture.cli, fixture.team)
        let session = try fixture.session()
        fixture.hub.isReading = false
        let parameters: JSONObject = ["id": session]
        try fixture.hub.tell(fixture.fcgi, .call(1, key, .listMessages, parameters))
        try fixture.hub.tell(fixture.fcgi, .call(2, fixture.key, .listMessages, parameters))
        try fixture.hub.call(
            fixture.cli, .deleteKey,
            ["id": .string(key.text), "teamId": .string(fixture.team.text)])
        try fixture.hub.call(fixture.cli, .deleteSession, parameters)
        _ = fixture.hub.take(fixture.fcgi)
        try fixture.hub.read(2)
        let refusals = fixture.hub.take(fixture.fcgi).map(\.refusal?.code)
        #expect(refusals == [.authRequired, .notFound])
    }

    @Test func `what waited longer than anybody is refused without being read`() throws {
        let fixture = try Fixture()
        fixture.hub.isReading = false
        for number in 1...3 { try fixture.list(Int64(number)) }
        fixture.hub.clock += .seconds(3)
        try fixture.hub.apply([])
        try fixture.hub.read(3)
        let seen = fixture.hub.take(fixture.fcgi)
        #expect(seen.map(\.refusal?.code) == [nil, nil, .serviceUnavailable])
        #expect(seen.last?.refusal?.retryAfterSeconds == 2)
    }

    @Test func `reads of a process that is gone are not done`() throws {
        let fixture = try Fixture()
        let process = try fixture.hub.connect(.fastCGIWorker, "fcgi-2")
        fixture.hub.isReading = false
        for number in 1...9 { try fixture.list(Int64(number), from: process) }
        try fixture.hub.disconnect(process)
        try fixture.list(1)
        try fixture.hub.read(3)
        #expect(fixture.answers() == [1])
        #expect(try fixture.metric("hub_waiting_reads") == 0)
    }

    @Test func `a snapshot fits an outbound queue, whatever a session holds`() throws {
        let fixture = try Fixture()
        let session = try fixture.session()
        // Control characters are six times as long in JSON.
        let bells = String(repeating: "\u{7}", count: 4_000)
        for number in 1...32 {
            try fixture.hub.call(
                fixture.fcgi, .requestPermission,
                [
                    "id": session, "requestId": .string("q\(number)"), "toolName": "Bash",
                    "command": .string(String(repeating: "\"", count: 8_000)),
                    "description": "d",
                ], as: fixture.key)
            try fixture.publish(
                .toolStart,
                [
                    "toolUseId": .string("use-\(number)"), "toolName": "T",
                    "toolInput": ["text": .string(String(bells.prefix(600)))],
                ], in: session)
        }
        for _ in 1...20 {
            try fixture.hub.call(
                fixture.fcgi, .createMessage, ["id": session, "text": .string(bells)],
                as: fixture.key)
        }
        for _ in 1...16 { try fixture.publish(.textDelta, ["delta": .string(bells)], in: session) }
        let channel = ChannelIdentity.session(try SessionID(parsing: session.stringValue ?? ""))
        let bytes = try #require(try fixture.join(channel).joined.snapshot)
        #expect(bytes.count + Limits.recoveryPageBytes < Limits.maximumOutboundQueueBytes)
        let snapshot = try JSONValue(parsing: bytes)
        let shown = try #require(snapshot["pendingPermissions"]?.arrayValue?.count)
        #expect(shown > 5 && shown < 32)
        #expect(snapshot["omitted"]?["pendingPermissions"] == .integer(Int64(32 - shown)))
    }
}

extension Fixture {
    func session(_ parameters: JSONObject = [:]) throws -> JSONValue {
        try #require(try hub.call(fcgi, .createSession, parameters, as: key)["id"])
    }

    /// Publishes one event of a session.
    func publish(_ type: SessionEventType?, _ fields: JSONObject, in session: JSONValue) throws {
        let event = ProducedEvent(
            channel: .session(try SessionID(parsing: session.stringValue ?? "")), eventID: "made",
            isIdempotent: false, time: hub.now,
            content: .session(try #require(type), fields: fields))
        try hub.tell(fcgi, .publish(9_999, key, [event], texts: []))
        for message in hub.take(fcgi) { #expect(message.refusal == nil) }
    }

    /// Publishes long answers, with `turn-1` and so on.
    func say(_ count: Int, texts bytes: Int, in session: JSONValue) throws {
        for number in 1...count {
            try publish(
                .textComplete,
                [
                    "text": .string(String(repeating: "x", count: bytes)),
                    "turnId": .string("turn-\(number)"),
                ], in: session)
        }
    }

    /// Every page of a list.
    func pages(_ operation: Protocol.Operation, _ parameters: JSONObject) throws -> [JSONValue] {
        var (pages, parameters) = ([JSONValue](), parameters)
        repeat {
            let page = try hub.call(fcgi, operation, parameters, as: key)
            parameters["cursor"] = page["nextCursor"]
            pages.append(page)
        } while parameters["cursor"]?.isNull == false && pages.count < 100
        return pages
    }

    /// Asks for a list, whose answer may come later.
    func list(
        _ request: Int64, as credential: CredentialID? = nil, from peer: PeerID? = nil
    ) throws {
        try hub.tell(peer ?? fcgi, .call(request, credential ?? key, .listKeys, [:]))
    }

    /// The requests that were answered since the last look, in order.
    func answers() -> [Int64] {
        hub.take(fcgi).compactMap { message in
            if case .result(let request, _) = message { request } else { nil }
        }
    }

    /// The hub's number in `/metrics`; 0 where there is none.
    func metric(_ name: String, of label: String? = nil) throws -> Int {
        let text = try hub.call(cli, .metrics).text("text")
        let line = text.split(separator: "\n").first { line in
            line.contains("\(name){process=\"hub\"")
                && label.map { line.contains($0) } ?? true
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }
}
