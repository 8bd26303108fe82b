import Daemon
import FastCGIWorker
import JSON
import Logging
import Protocol
import Realtime
import Testing
import TestSupport

@Suite struct RequestHandlerTests {
    @Test func `an operation gets the path's, the query's and the body's parameters`() {
        let bench = Bench(.key(.sessionsWrite))
        let response = bench.send(
            "PATCH", "/api/sessions/s1?limit=5", body: #"{"name":"n","id":"other"}"#)
        #expect(response.status == 200)
        #expect(bench.hub.questions == [.call("c1", .updateSession, ["name": "n", "id": "s1"])])
    }

    @Test func `declared query parameters are passed on, numbers as numbers`() {
        let bench = Bench(.key(.sessionsRead))
        _ = bench.send("GET", "/api/sessions?limit=7&cursor=c&q=a%20b&other=1")
        #expect(bench.parameters == ["limit": 7, "cursor": "c", "q": "a b"])
        let odd = Bench(.key(.sessionsRead))
        _ = odd.send("GET", "/api/sessions?limit=7x")
        #expect(odd.parameters == ["limit": "7x"])
    }

    @Test func `a made thing is 201, an accepted message 202, a deleted thing has no body`() {
        let bench = Bench(.key(.sessionsWrite))
        #expect(bench.send("POST", "/api/sessions", body: "{}").status == 201)
        #expect(bench.send("POST", "/api/sessions/s/messages", body: "{}").status == 202)
        let deleted = bench.send("DELETE", "/api/sessions/s")
        #expect(deleted.status == 204)
        #expect(deleted.body.isEmpty)
    }

    @Test func `a message that waits is taken back by both ids of its path`() {
        let bench = Bench(.key(.sessionsWrite))
        #expect(bench.send("DELETE", "/api/sessions/s1/messages/m%2F1").status == 204)
        #expect(bench.parameters == ["id": "s1", "messageId": "m/1"])
        guard case .call(_, let operation, _)? = bench.hub.questions.first else {
            Issue.record("the hub was asked for no operation")
            return
        }
        #expect(operation == .deleteMessage)
        #expect(
            Bench(.key(.sessionsRead)).send("DELETE", "/api/sessions/s1/messages/m1").code
                == "SCOPE_REQUIRED")
        let taken = OperationError(.conflict, "it does not wait any more")
        #expect(
            Bench(.key(.sessionsWrite), .refused(taken))
                .send("DELETE", "/api/sessions/s1/messages/m1").status == 409)
    }

    @Test func `an absent body counts as an empty object`() {
        let bench = Bench(.key(.sessionsWrite))
        #expect(bench.send("POST", "/api/sessions", headers: [:]).status == 201)
        #expect(bench.parameters == [:])
    }

    @Test func `a typed error of the hub becomes the error body`() {
        let error = OperationError(
            .rateLimited, "too many", details: ["n": 1], retryAfterSeconds: 9)
        let response = Bench(.key(.sessionsRead), .refused(error)).send(
            "GET", "/api/sessions", headers: ["x-request-id": "r-1"])
        #expect(response.status == 429)
        #expect(response.header("Retry-After") == "9")
        #expect(response.header("x-request-id") == "r-1")
        #expect(
            response.json == [
                "error": [
                    "code": "RATE_LIMITED", "message": "too many", "requestId": "r-1",
                    "details": ["n": 1],
                ]
            ])
    }

    @Test(arguments: [HubReply.unsent, .lost, .late])
    func `without the hub everything but health and the description is 503`(reply: HubReply) {
        let bench = Bench(.key(.sessionsRead), reply)
        for path in ["/api/sessions", "/ready"] {
            let response = bench.send("GET", path)
            #expect(response.status == 503)
            #expect(response.code == "SERVICE_UNAVAILABLE")
            #expect(response.header("Retry-After") != nil)
        }
        #expect(bench.send("GET", "/health").status == 200)
        #expect(bench.send("GET", "/openapi.json").status == 200)
    }

    @Test func `what writes is told when it may have taken effect`() {
        func code(_ reply: HubReply) -> String? {
            Bench(.key(.sessionsWrite), reply).send("POST", "/api/sessions", body: "{}").code
        }
        #expect(code(.unsent) == "SERVICE_UNAVAILABLE")
        #expect(code(.lost) == "OUTCOME_UNKNOWN")
        #expect(code(.late) == "OUTCOME_UNKNOWN")
    }

    @Test func `a hub that is not ready makes 503 and says what is missing`() {
        let state: JSONValue = ["ready": false, "store": false]
        let response = Bench(.key(), .result(state)).send("GET", "/ready")
        #expect(response.status == 503)
        #expect(response.json?["error"]?["details"] == state)
        #expect(Bench(.key(), .result(["ready": true])).send("GET", "/ready").status == 200)
    }

    @Test func `a wrong method names the right ones`() {
        let response = Bench().send("DELETE", "/api/publish")
        #expect(response.status == 405)
        #expect(response.header("Allow") == "POST")
        #expect(Bench().send("GET", "/nowhere").code == "NOT_FOUND")
    }

    @Test func `a login puts the token into a closed cookie and nowhere else`() {
        let answer: JSONValue = [
            "token": "swl_l1.abc", "expiresAt": "1970-01-01T01:00:00.000Z",
            "me": ["type": "session_user"],
        ]
        let bench = Bench(FakeGate(), .result(answer))
        let response = bench.send(
            "POST", "/api/auth/login",
            body: """
                {"user":"u","password":"p","address":"me","device":"d","deviceToken":"t",
                "knownDevicesOnly":true}
                """)
        #expect(response.status == 200)
        #expect(response.json == ["type": "session_user"])
        #expect(
            response.header("Set-Cookie")
                == "__Host-switchboard.sid=swl_l1.abc; Max-Age=3600; HttpOnly; Secure; SameSite=Strict; Path=/"
        )
        #expect(bench.parameters?["address"] == "192.0.2.7")
        #expect(bench.parameters?["knownDevicesOnly"] == false)
        #expect(bench.parameters?["deviceToken"] == nil && bench.parameters?["device"] == nil)
        let out = Bench(.key()).send("POST", "/api/auth/logout")
        #expect(out.status == 204)
        #expect(out.header("Set-Cookie")?.hasPrefix("__Host-switchboard.sid=; Max-Age=0;") == true)
    }

    @Test func `published events go to the hub with their texts, and its answer comes back`() {
        let bench = Bench(.key(.publish), .result(["results": []]))
        let response = bench.send(
            "POST", "/api/publish", body: #"{"channel":"team:t","type":"x_a","eventId":"e"}"#)
        #expect(response.status == 200)
        #expect(response.json == ["results": []])
        guard case .publish(let credential, let events, let texts) = bench.hub.questions.first
        else {
            Issue.record("nothing was published")
            return
        }
        #expect(credential == "c1")
        #expect(events.map(\.eventID) == ["e"])
        #expect(events.map(\.content) == [.ready(textBytes: texts.count)])
    }

    @Test func `each family of events needs its own scope`() {
        let domain = #"{"channel":"team:t","type":"x_a"}"#
        let session = #"{"channel":"session:s","type":"text_delta","delta":"d"}"#
        let both = "{\"events\":[\(domain),\(session)]}"
        func status(_ gate: FakeGate, _ body: String) -> Int {
            Bench(gate).send("POST", "/api/publish", body: body).status
        }
        #expect(status(.key(.publish), domain) == 200)
        #expect(status(.key(.publish), session) == 403)
        #expect(status(.key(.publish), both) == 403)
        #expect(status(.key(.sessionsRun), domain) == 403)
        #expect(status(.key(.sessionsRun), session) == 200)
        #expect(status(.key(.sessionsRun, .publish), both) == 200)
    }

    @Test func `metrics are open to this machine and to keys of admins`() {
        let text = HubReply.result(["text": "m 1\n"])
        let local = Bench(FakeGate(), text).send("GET", "/metrics", from: "127.0.0.1")
        #expect(local.status == 200)
        #expect(local.body == Array("m 1\n".utf8))
        #expect(Bench(FakeGate(), text).send("GET", "/metrics").status == 401)
        #expect(Bench(FakeGate(), text).send("GET", "/metrics", from: "1127.0.0.1").status == 401)
        #expect(Bench(.key(.admin), text).send("GET", "/metrics").status == 200)
        #expect(Bench(.key(.sessionsRead), text).send("GET", "/metrics").code == "SCOPE_REQUIRED")
        #expect(Bench(.cookie(.admin), text).send("GET", "/metrics").status == 403)
    }
}

@Suite struct RequestRefusalTests {
    @Test func `no credential is 401 before the body is looked at`() {
        let response = Bench(FakeGate()).send("POST", "/api/publish", body: "nonsense")
        #expect(response.status == 401)
        #expect(response.code == "AUTH_REQUIRED")
        #expect(response.header("WWW-Authenticate") != nil)
    }

    @Test func `a missing scope is 403 and names it`() {
        let response = Bench(.key(.publish)).send("GET", "/api/sessions")
        #expect(response.code == "SCOPE_REQUIRED")
        #expect(response.json?["error"]?["details"] == ["scopes": ["sessions:read"]])
        #expect(Bench(.key(.sessionsRead)).send("POST", "/api/publish").code == "SCOPE_REQUIRED")
    }

    @Test(
        arguments: [
            ([:], 403), (["origin": "https://evil.example"], 403), (["origin": "null"], 403),
            (["sec-fetch-site": "same-site"], 403), (["sec-fetch-site": "cross-site"], 403),
            (["origin": "https://evil.example", "sec-fetch-site": "same-origin"], 403),
            (["origin": "https://sb.example:8443"], 201), (["sec-fetch-site": "same-origin"], 201),
        ] as [([String: String], Int)])
    func `a write with a cookie needs the own origin`(headers: [String: String], status: Int) {
        var headers = headers
        headers["host"] = "sb.example:8443"
        let bench = Bench(.cookie(.sessionsWrite, .sessionsRead))
        let response = bench.send("POST", "/api/sessions", headers: headers)
        #expect(response.status == status)
        if status == 403 { #expect(response.code == "ORIGIN_FORBIDDEN") }
        #expect(bench.send("GET", "/api/sessions", headers: headers).status == 200)
    }

    @Test func `a body may be left out only where it has no required member`() {
        let bench = Bench(.installationKey(.admin, .publish, .sessionsWrite))
        for (method, path) in [
            ("POST", "/api/publish"), ("PUT", "/api/theme"), ("PATCH", "/api/config"),
            ("POST", "/api/keys"), ("POST", "/api/sessions/s/messages"),
        ] {
            #expect(bench.send(method, path).code == "VALIDATION_ERROR", "\(method) \(path)")
        }
        #expect(bench.hub.questions.isEmpty)
        #expect(bench.send("PUT", "/api/specs/s").status == 200)
    }

    @Test(arguments: Request.uniqueHeaders)
    func `a header that decides is taken once`(_ name: String) {
        let hub = FakeHub()
        let handler = RequestHandler(
            hub: hub, gate: FakeGate.key(.admin), settings: Settings(),
            metrics: Metrics(process: "fcgi"), logger: .silent,
            now: { Timestamp(milliseconds: 0) })
        let request = Request(
            method: "GET", path: "/api/keys", remoteAddress: "192.0.2.7",
            headers: { $0 == name ? ["a", "a"] : [] }, body: { _ in .success([]) })
        #expect(handler.answer(request).status == 400)
        #expect(hub.questions.isEmpty)
    }

    @Test(arguments: [
        "text/plain", "", "application/jsonp", "application/x-www-form-urlencoded",
        "application/json; charset=utf-16", "application/json;charset=latin1",
    ])
    func `a body of another media type is 415`(type: String) {
        let response = Bench(.key(.sessionsWrite)).send(
            "POST", "/api/sessions", body: "{}", headers: ["content-type": type])
        #expect(response.code == "UNSUPPORTED_MEDIA_TYPE")
    }

    @Test(arguments: [
        "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json",
        "application/json;charset=\"UTF-8\"", "application/json; v=1", "application/json;",
    ])
    func `JSON by any of its names is taken`(type: String) {
        let response = Bench(.key(.sessionsWrite)).send(
            "POST", "/api/sessions", body: "{}", headers: ["content-type": type])
        #expect(response.status == 201)
    }

    @Test func `a body that is no JSON and JSON of no use are told apart`() {
        let bench = Bench(.key(.sessionsWrite))
        for body in ["{", "x", "{} {}", #"{"a":"\uD800"}"#, "\u{FEFF}{}", "{\0}", "{\"a\":1\0}"] {
            let response = bench.send("POST", "/api/sessions", body: body)
            #expect(response.status == 400 && response.code == "INVALID_JSON", "\(body)")
        }
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        for body in [#"{"a":1,"a":2}"#, #"{"n":99999999999999999999}"#, deep, "[]", "5", "null"] {
            let response = bench.send("POST", "/api/sessions", body: body)
            #expect(response.code == "VALIDATION_ERROR")
            #expect(response.json?["error"]?["details"]?.arrayValue?.count == 1)
        }
        #expect(bench.hub.questions.isEmpty)
    }

    @Test func `a body over the limit is 413`() {
        let body = "\"" + String(repeating: "a", count: 100_000) + "\""
        let response = Bench(.key(.sessionsWrite)).send("POST", "/api/sessions", body: body)
        #expect(response.code == "PAYLOAD_TOO_LARGE")
    }

    @Test func `a query that cannot be decoded or says a thing twice is 400`() {
        let bench = Bench(.key(.sessionsRead))
        for query in ["limit=%f", "cursor=%ff", "limit=1&limit=2"] {
            #expect(bench.send("GET", "/api/sessions?\(query)").code == "VALIDATION_ERROR")
        }
    }

    @Test(arguments: [("good.id_1-A", true), ("", false), ("has space", false)])
    func `a request id is echoed or made`(id: String, isKept: Bool) {
        let answer = Bench().send("GET", "/nowhere", headers: ["x-request-id": id])
        let echoed = answer.header("x-request-id")
        #expect((echoed == id) == isKept)
        #expect(answer.json?["error"]?["requestId"]?.stringValue == echoed)
    }
}
