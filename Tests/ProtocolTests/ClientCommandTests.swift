import Protocol
import Realtime
import Testing

@Suite struct ClientCommandTests {
    private func parse(_ text: String) throws(CommandError) -> ClientCommand {
        try ClientCommand(parsing: Array(text.utf8))
    }

    private func refusal(of text: String) -> CommandError? {
        do throws(CommandError) {
            _ = try parse(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a subscribe names a channel and may name a position`() throws {
        let command = try parse(
            #"{"type":"subscribe","id":"7","channel":"team:t1","since":{"epoch":"e","offset":4}}"#)
        #expect(command.id == "7")
        #expect(
            command.action
                == .subscribe(.team("t1"), since: StreamPosition(epoch: "e", offset: 4)))
    }

    @Test func `sessionId is short for the session's channel`() throws {
        #expect(
            try parse(#"{"type":"subscribe","sessionId":"s1"}"#).action
                == .subscribe(.session("s1"), since: nil))
        #expect(
            try parse(#"{"type":"unsubscribe","sessionId":"s1"}"#).action
                == .unsubscribe(.session("s1")))
    }

    @Test func `a permission answer carries a decision`() throws {
        let text = #"{"type":"permission_response","sessionId":"s","requestId":"r","allowed":true}"#
        #expect(
            try parse(text).action
                == .answerPermission(session: "s", request: "r", allowed: true, alwaysAllow: false))
    }

    @Test func `unknown keys are ignored`() throws {
        #expect(try parse(#"{"type":"ping","colour":[1,{"a":null}]}"#).action == .ping)
    }

    @Test(arguments: [
        "", "{", "nonsense", "[1,", "{\"type\":\"ping\",\"type\":\"ping\"}", "\u{1}",
        String(repeating: "[", count: 5_000), "{\"type\":\"ping\",\"n\":1e999}",
    ])
    func `what is not JSON is INVALID_MESSAGE`(text: String) {
        #expect(refusal(of: text)?.code == .invalidMessage)
    }

    @Test(arguments: [
        "1", "[]", "null", "{}", #"{"type":1}"#, #"{"type":"shout"}"#, #"{"type":"subscribe"}"#,
        #"{"type":"subscribe","channel":3}"#, #"{"type":"subscribe","channel":null}"#,
        #"{"type":"subscribe","channel":"team:a","sessionId":"b"}"#,
        #"{"type":"subscribe","channel":"team:a","since":4}"#,
        #"{"type":"subscribe","channel":"team:a","since":{"epoch":"e"}}"#,
        #"{"type":"subscribe","channel":"team:a","since":{"epoch":"e","offset":"4"}}"#,
        #"{"type":"subscribe","channel":"team:a","since":{"epoch":"","offset":4}}"#,
        #"{"type":"ping","id":""}"#, #"{"type":"ping","id":5}"#, #"{"type":"ping","id":null}"#,
        #"{"type":"permission_response","sessionId":"s","requestId":"r"}"#,
        #"{"type":"permission_response","sessionId":"s","requestId":"r","allowed":"yes"}"#,
        #"{"type":"permission_response","sessionId":"s","requestId":"","allowed":true}"#,
        #"{"type":"permission_response","sessionId":"s","requestId":"r","allowed":true,"alwaysAllow":1}"#,
    ])
    func `a wrong shape is INVALID_COMMAND`(text: String) {
        #expect(refusal(of: text)?.code == .invalidCommand)
    }

    @Test(arguments: [
        "team", "team:", ":x", "team: x", "team:x:y", "Team:x", "room:x", "team:ä", "team:a/b",
        "team:" + String(repeating: "a", count: 129),
    ])
    func `a malformed channel is CHANNEL_INVALID and named in the refusal`(channel: String) {
        let error = refusal(of: #"{"type":"subscribe","id":"9","channel":"\#(channel)"}"#)
        #expect(error?.code == .channelInvalid)
        #expect(error?.channel == channel)
        #expect(error?.id == "9")
    }

    @Test func `an id has at most 64 characters`() throws {
        let longest = String(repeating: "ä", count: 64)
        #expect(try parse(#"{"type":"ping","id":"\#(longest)"}"#).id == longest)
        #expect(refusal(of: #"{"type":"ping","id":"\#(longest)x"}"#)?.code == .invalidCommand)
    }
}
