import Realtime
import Testing

@Suite struct `Names` {
    @Test(arguments: ["team:demo", "spec:a", "agent:A.b_c-9", "session:01J9Z"])
    func `a well-formed channel name keeps its text`(_ text: String) throws {
        let name = try ChannelName(parsing: text)
        #expect(name.description == text)
        #expect("\(name.kind.rawValue):\(name.id)" == text)
    }

    @Test(arguments: [
        "", "team", "team:", ":a", "Team:a", "team:a:b", "team: x", "team:x ", " team:x", "room:x",
        "team:ä", "team:a/b", "team:a\0", "team::", "team:\u{301}a", "team:e\u{301}",
    ])
    func `a malformed channel name is refused`(_ text: String) {
        #expect(throws: ChannelNameError.self) { try ChannelName(parsing: text) }
    }

    @Test func `an id has at most 128 bytes`() throws {
        let longest = String(repeating: "a", count: 128)
        #expect(try ChannelName(parsing: "team:" + longest).id == longest)
        #expect(throws: ChannelNameError.badID(.tooLong(noun: "channel id", bytes: 129))) {
            try ChannelName(parsing: "team:a" + longest)
        }
    }

    @Test func `a channel knows the identifier of its own kind only`() throws {
        let name = ChannelName.session("s-1")
        #expect(name.sessionID == "s-1")
        #expect(name.teamID == nil)
        #expect(try ChannelName(parsing: "session:s-1") == name)
        #expect(ChannelName.team("s-1") != name)
    }

    @Test func `an event id of a producer may hold any printable ASCII`() throws {
        #expect(try EventID(parsing: "urn:x/1 ~").text == "urn:x/1 ~")
        #expect(throws: IdentifierError.forbiddenByte(noun: "event id", byte: 10, position: 1)) {
            try EventID(parsing: "a\n")
        }
        #expect(throws: IdentifierError.empty(noun: "event id")) { try EventID(parsing: "") }
        #expect(throws: IdentifierError.self) { try EventID(parsing: "é") }
    }
}
