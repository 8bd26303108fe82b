import FastCGIWorker
import JSON
import Protocol
import Realtime
import Testing

@Suite struct PublishRequestTests {
    private let now = Timestamp(milliseconds: 1_000)

    private func parse(_ text: String) throws -> PublishRequest {
        try PublishRequest(try JSONValue(parsing: Array(text.utf8)), for: "t1", at: now)
    }

    /// The paths of everything that was wrong.
    private func problems(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch let error as ValidationError {
            return error.problems.map(\.path)
        } catch {
            return ["not JSON"]
        }
    }

    @Test func `a domain event's text is written once, open for its offset`() throws {
        let request = try parse(
            """
            {"channel":"team:t1","type":"log_entry","payload":{"b":1,"a":[null]},"eventId":"e 1",
             "timestamp":"2026-11-20T08:30:00.000Z","unknown":true}
            """)
        let event = request.events[0]
        let text = String(decoding: request.texts, as: UTF8.self)
        #expect(
            text
                == #"{"type":"log_entry","channel":"team:t1","timestamp":"2026-11-20T08:30:00.000Z","#
                + #""eventId":"e 1","encoding":"json","payload":{"b":1,"a":[null]}"#)
        #expect(event.content == .ready(textBytes: request.texts.count))
        #expect(event.isIdempotent)
        #expect(event.eventID == "e 1")
        #expect(request.scopes == [.publish])
    }

    @Test func `without its own id and time an event gets both`() throws {
        let request = try parse(
            #"{"events":[{"channel":"team:t","type":"x_a"},{"channel":"team:t","type":"x_a"}]}"#)
        #expect(request.events.count == 2)
        #expect(request.events[0].eventID != request.events[1].eventID)
        #expect(request.events.allSatisfy { !$0.isIdempotent && $0.time == now })
        #expect(String(decoding: request.texts, as: UTF8.self).contains(#""payload":null"#))
    }

    @Test func `a session event passes with its known flat fields and without nulls`() throws {
        let request = try parse(
            #"""
            {"channel":"session:s1","type":"tool_start","toolName":"Bash","toolUseId":"u1","x":1,
             "toolInput":{"command":"ls \u001b"},"turnId":null,"sessionId":"s1"}
            """#)
        #expect(
            request.events[0].content
                == .session(
                    .toolStart,
                    fields: [
                        "toolName": "Bash", "toolUseId": "u1",
                        "toolInput": ["command": "ls \u{1b}"],
                    ]))
        #expect(request.texts.isEmpty)
        #expect(request.scopes == [.sessionsRun])
    }

    @Test(arguments: [
        #"{"type":"text_delta","delta":"\u001b[31m\u0000"}"#,
        #"{"type":"text_complete","text":"","isIntermediate":false,"messageId":"m"}"#,
        #"{"type":"tool_result","toolUseId":"u","toolName":"B","result":"","isError":true}"#,
        #"{"type":"interrupted","reason":"stopped","queuedMessages":["x"]}"#,
        #"{"type":"usage","inputTokens":0,"outputTokens":1,"contextWindow":200000}"#,
        #"{"type":"error","error":"overloaded","code":"O","canRetry":true}"#,
        #"{"type":"complete","reason":"complete","usage":{"inputTokens":1}}"#,
    ])
    func `each publishable session type is taken`(event: String) {
        let text = event.replacing(
            "{\"type\"", with: "{\"channel\":\"session:s\",\"type\"", maxReplacements: 1)
        #expect(problems(text) == [])
    }

    @Test(arguments: [
        (#""type":"text_delta""#, "delta"), (#""type":"text_delta","delta":5"#, "delta"),
        (#""type":"text_delta","delta":"","turnId":"\t""#, "turnId"),
        (#""type":"tool_start","toolName":"B","toolUseId":"u","toolInput":"ls""#, "toolInput"),
        (#""type":"usage","inputTokens":-1,"outputTokens":1"#, "inputTokens"),
        (#""type":"complete","reason":"bored""#, "reason"),
        (#""type":"error","error":"e","code":"c""#, "canRetry"),
        (#""type":"interrupted","reason":"r","queuedMessages":{}"#, "queuedMessages"),
        (#""type":"text_delta","delta":"","sessionId":"other""#, "sessionId"),
        (#""type":"user_message","messageId":"m","text":"t","status":"accepted""#, "type"),
        (#""type":"permission_resolved""#, "type"), (#""type":"mode_changed""#, "type"),
    ])
    func `a session event of the wrong shape is refused`(fields: String, path: String) {
        #expect(problems(#"{"channel":"session:s",\#(fields)}"#) == [path])
    }

    @Test func `a session event goes to a session's channel only`() {
        #expect(problems(#"{"channel":"team:t","type":"text_delta","delta":""}"#) == ["channel"])
    }

    @Test(arguments: [
        "connected", "subscribed", "pong", "draining", "config_changed", "session_created", "",
        "X_a", "x_", "x_A", "x_a-b", "unknown",
    ])
    func `control types and unknown types are refused`(type: String) {
        #expect(problems(#"{"channel":"team:t","type":"\#(type)"}"#) == ["type"])
    }

    @Test(arguments: [
        (#"{"type":"log_entry"}"#, "channel"), (#"{"channel":5,"type":"log_entry"}"#, "channel"),
        (#"{"channel":"team: x","type":"log_entry"}"#, "channel"),
        (#"{"channel":"team:t"}"#, "type"), (#"{"channel":"team:t","type":[]}"#, "type"),
        (#"{"channel":"team:t","type":"x_a","eventId":""}"#, "eventId"),
        (#"{"channel":"team:t","type":"x_a","eventId":7}"#, "eventId"),
        (#"{"channel":"team:t","type":"x_a","timestamp":"yesterday"}"#, "timestamp"),
        (#"{"channel":"team:t","type":"x_a","timestamp":1767322800}"#, "timestamp"),
        (
            #"{"channel":"team:t","type":"x_a","timestamp":"0000-01-01T00:00:00+01:00"}"#,
            "timestamp"
        ),
        ("[]", ""), ("5", ""), ("null", ""), (#"{"events":[]}"#, "events"),
        (#"{"events":{}}"#, "events"), (#"{"events":[5]}"#, "events[0]"),
        (#"{"events":[{"channel":"team:t","type":"x_a"},{"type":"x_a"}]}"#, "events[1].channel"),
    ])
    func `a bad field is named by its path`(text: String, path: String) {
        #expect(problems(text) == [path])
    }

    @Test func `all problems are told at once, up to a number`() {
        #expect(problems("{}") == ["channel", "type"])
        let events = Array(repeating: "{}", count: 1000).joined(separator: ",")
        #expect(problems("{\"events\":[\(events)]}").count == 20)
    }

    @Test func `a thousand events are taken and no more`() throws {
        let event = #"{"channel":"team:t","type":"x_a"}"#
        let thousand = Array(repeating: event, count: 1000).joined(separator: ",")
        #expect(try parse("{\"events\":[\(thousand)]}").events.count == 1000)
        #expect(problems("{\"events\":[\(thousand),\(event)]}") == ["events"])
    }

    @Test func `an event over the size of a publication is refused`() {
        let large = String(repeating: "a", count: Limits.maximumPublicationBytes)
        #expect(
            problems(#"{"channel":"team:t","type":"x_a","payload":"\#(large)"}"#) == ["payload"])
        #expect(
            problems(#"{"channel":"session:s","type":"text_delta","delta":"\#(large)"}"#) == [""])
    }
}
