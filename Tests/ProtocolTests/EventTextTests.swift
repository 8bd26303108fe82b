import JSON
import Protocol
import Realtime
import Testing

@Suite struct EventTextTests {
    private let time = Timestamp(milliseconds: 1_763_627_400_123)

    private func object(_ text: [UInt8]) throws -> JSONValue { try JSONValue(parsing: text) }

    @Test func `an open text completed with its offset is the envelope`() throws {
        let open = EventText.open(
            type: "log_entry", channel: .team("t"), at: time, eventID: "e1",
            body: ["payload": ["line": "ä\u{0}"]])
        let text = EventText.completed(open, offset: 12)
        #expect(
            try object(text) == [
                "type": "log_entry", "channel": "team:t",
                "timestamp": "2025-11-20T08:30:00.123Z", "eventId": "e1", "encoding": "json",
                "payload": ["line": "ä\u{0}"], "offset": 12,
            ])
    }

    @Test func `a snapshot is spliced into the reply as it is`() throws {
        let head = StreamPosition(epoch: "e", offset: 3)
        let message = ControlMessage.subscribed(
            .session("s"), head: head, recovered: true, snapshot: Array(#"{"status":"idle"}"#.utf8),
            id: "7")
        let value = try object(message.text(at: time, eventID: "x"))
        #expect(value["id"] == "7")
        #expect(
            value["payload"] == [
                "channel": "session:s", "epoch": "e", "offset": 3, "recovered": true,
                "snapshot": ["status": "idle"],
            ])
    }

    @Test func `an error names the command and the channel it is about`() throws {
        let error = CommandError(.channelForbidden, "no", id: "1", channel: "team:x")
        let value = try object(ControlMessage.error(error).text(at: time, eventID: "x"))
        #expect(value["type"] == "error")
        #expect(value["id"] == "1")
        #expect(value["channel"] == "team:x")
        #expect(value["payload"] == ["code": "CHANNEL_FORBIDDEN", "message": "no"])
    }

    @Test(arguments: ControlType.allCases)
    func `every control message has the whole envelope`(type: ControlType) throws {
        let head = StreamPosition(epoch: "e", offset: 0)
        let message: ControlMessage =
            switch type {
            case .connected: .connected("c", heartbeatIntervalMilliseconds: 1)
            case .subscribed:
                .subscribed(.team("t"), head: head, recovered: false, snapshot: nil, id: nil)
            case .unsubscribed: .unsubscribed(.team("t"), removed: true, id: nil)
            case .pong: .pong(id: nil)
            case .error: .error(CommandError(.invalidMessage, "m"))
            case .draining: .draining(reconnectInMilliseconds: 5)
            case .configChanged: .configChanged(.theme)
            }
        let value = try object(message.text(at: time, eventID: "x"))
        #expect(value["type"]?.stringValue == type.rawValue)
        for key in ["timestamp", "eventId", "encoding"] { #expect(value[key] != nil) }
    }

    @Test func `event types are told apart by their families`() {
        #expect(EventType("log_entry") == .domain(.logEntry))
        #expect(EventType("text_delta") == .session(.textDelta))
        #expect(EventType("x_a_1") == .application("x_a_1"))
        for name in ["connected", "x_", "x_A", "session_created", "", "log_entry "] {
            #expect(EventType(name) == nil)
        }
        #expect(EventType("x_" + String(repeating: "a", count: 60)) != nil)
        #expect(EventType("x_" + String(repeating: "a", count: 61)) == nil)
    }

    @Test func `a token comes apart as it was put together`() {
        let token = TokenForm.apiKey.token(id: "ab-_c", secret: "s.-_")
        let parts = TokenForm.split(token)
        #expect(parts?.form == .apiKey)
        #expect(parts?.id == "ab-_c")
        #expect(parts?.secret == "s.-_")
        for bad in ["", "swk_", "swk_.x", "swk_a", "swk_a.", "abc.def", "swk_a b.c"] {
            #expect(TokenForm.split(bad) == nil)
        }
    }
}
