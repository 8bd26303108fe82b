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

    @Test(arguments: ["team:demo", "session:01J9Z", "spec:t1/a", "agent:A.b_c-9/x.y"])
    func `an inside name is read back as what it was`(_ text: String) throws {
        let channel = try #require(ChannelIdentity(parsing: text))
        #expect(channel.description == text)
        let team: TeamID = channel.teamID ?? "t1"
        #expect(ChannelIdentity(channel.name, of: team) == channel)
    }

    @Test(arguments: [
        "", "spec:a", "agent:a", "team:t/a", "session:t/s", "spec:/a", "spec:t/", "spec:t/a/b",
        "spec:t:a", "room:t/a", "spec:t/ä", "spec:/", "spec", "spec:t/a ",
    ])
    func `no other text is an inside name`(_ text: String) {
        #expect(ChannelIdentity(parsing: text) == nil)
    }

    @Test func `no outside name is the inside name of a team's own channel`() throws {
        for name in [ChannelName.spec("x"), .agent("x")] {
            let (one, two) = (ChannelIdentity(name, of: "t1"), ChannelIdentity(name, of: "t2"))
            #expect(one != two && one.name == name && two.name == name)
            #expect(one.teamID == "t1" && one.id == "x")
            #expect(throws: ChannelNameError.self) { try ChannelName(parsing: one.description) }
            #expect(ChannelIdentity(name) == nil)
        }
        for name in [ChannelName.team("x"), .session("x")] {
            #expect(ChannelIdentity(name, of: "t1") == ChannelIdentity(name, of: "t2"))
            #expect(ChannelIdentity(name) == ChannelIdentity(name, of: "t1"))
        }
        #expect(ChannelIdentity.session("x").teamID == nil)
        #expect(ChannelIdentity.team("x").teamID == "x")
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
