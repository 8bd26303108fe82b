import Client
import JSON
import Testing

@Suite struct ConversationGapTests {
    private let own: JSONValue = [
        "role": "user", "clientMessageId": "mine", "status": "processing",
    ]
    private let answered: JSONValue = ["role": "user", "clientMessageId": "mine"]

    private func said(_ text: String, _ turn: String) -> JSONValue {
        ["role": "assistant", "text": .string(text), "turnId": .string(turn)]
    }

    @Test func `a connection that is resumed shows nothing twice`() {
        var talk = Talk.underWay(isTerminal: false)
        talk.delta("Hello ")
        talk.perform(talk.conversation.disconnected("closed with 1012"))
        talk.join()
        talk.delta("world")
        talk.text("Hello world")
        #expect(talk.output == "Hello world\n")
        #expect(talk.errors == "closed with 1012; connecting again\nconnected again\n")
        #expect(talk.deeds == [.post])
    }

    @Test func `what was missed for good is read, and text under way waits for its end`() {
        var talk = Talk.underWay(isTerminal: false)
        talk.delta("One ")
        talk.join(isGap: true, snapshot: ["status": "running", "textInFlight": "ee"])
        #expect(talk.deeds.last == .reread)
        talk.delta(" f", turn: "t2")
        talk.perform(
            talk.conversation.reread([
                said("older", "t0"), own, said("One two.", "t1"),
                ["role": "tool", "toolName": "Read", "toolUseId": "u1", "result": "x"],
                ["role": "user", "text": "later", "status": "queued"],
            ]))
        #expect(talk.output == "One two.\n")
        talk.delta("our.", turn: "t2")
        talk.text("Three four.", turn: "t2")
        #expect(talk.output == "One two.\nThree four.\n")
        #expect(talk.errors.hasSuffix("→ Read\n← Read: x\n"))
        talk.delta("Five.", turn: "t3")
        #expect(talk.output.hasSuffix("Five."))
    }

    @Test func `what was read and is published as well is shown once`() {
        var talk = Talk.underWay(isTerminal: false)
        talk.join(isGap: true, snapshot: ["status": "running", "textInFlight": ""])
        talk.delta("One.")
        talk.text("One.")
        talk.perform(talk.conversation.reread([own, said("One.", "t1")]))
        #expect(talk.output == "One.\n")
    }

    @Test func `a run that ended meanwhile ends with its outcome`() {
        for (status, ending): (String, Conversation.Ending) in [
            ("idle", .complete), ("interrupted", .failed), ("failed", .failed),
        ] {
            var talk = Talk.underWay()
            talk.join(isGap: true, snapshot: ["status": .string(status)])
            talk.perform(talk.conversation.reread([answered, said("All.", "t1")]))
            #expect(talk.output == "All.\n")
            #expect(talk.ending == ending)
        }
    }

    @Test func `a later run's words are not ours`() {
        var talk = Talk.underWay()
        talk.join(isGap: true, snapshot: ["status": "running"])
        talk.perform(
            talk.conversation.reread([
                answered, said("Ours.", "t1"), ["role": "user", "status": "processing"],
                said("Theirs.", "t2"),
            ]))
        #expect(talk.output == "Ours.\n")
        #expect(talk.ending == .complete)
    }

    @Test func `a message that is gone was taken back by somebody`() {
        var talk = Talk.underWay()
        talk.join(isGap: true)
        talk.perform(talk.conversation.reread([said("older", "t0")]))
        #expect(talk.ending == .failed)
    }

    @Test func `a message that still waits goes on waiting`() {
        var talk = Talk()
        talk.join(snapshot: ["status": "running"])
        talk.own("queued")
        talk.join(isGap: true, snapshot: ["status": "running"])
        talk.perform(
            talk.conversation.reread([
                ["role": "user", "clientMessageId": "mine", "status": "queued"],
                said("another's", "t0"),
            ]))
        #expect(talk.output.isEmpty && talk.ending == nil)
        talk.own("processing")
        talk.delta("ours")
        #expect(talk.output == "ours")
    }

    @Test func `what cannot be read is told, and the rest is shown`() {
        var talk = Talk.underWay()
        talk.join(isGap: true, snapshot: ["status": "running"])
        talk.delta("rest")
        talk.perform(talk.conversation.rereadFailed("no hub answers"))
        #expect(talk.errors.hasSuffix("a part of the answer is missing here: no hub answers\n"))
        #expect(talk.output == "rest")
    }
}

@Suite struct TerminalPageTests {
    @Test func `nothing that a model writes can rule a terminal`() {
        var talk = Talk.underWay()
        talk.delta("a\u{1b}[2J\u{202e}b\tc\r\n👩\u{200d}💻")
        #expect(talk.output == "a\\u{1b}[2J\\u{202e}b\tc\n👩\u{200d}💻")
        talk.hear("tool_start", ["toolName": "Ba\u{1b}sh", "toolInput": ["command": "\u{7}"]])
        #expect(talk.errors == "→ Ba\\u{1b}sh \\u{7}\n")
    }

    @Test func `a file gets the answer's bytes and nothing else`() {
        var page = TerminalPage(
            outputIsTerminal: false, errorIsTerminal: true, isColoured: true)
        #expect(page.show(.text("a\u{1b}\r\n")) == [.output("a\u{1b}\r\n")])
        #expect(page.show(.text("b")) == [.output("b")])
        #expect(page.show(.note("n")) == [.error("\u{1b}[2mn\u{1b}[0m\n")])
        #expect(page.show(.endParagraph) == [.output("\n")])
    }

    @Test func `a note in the middle of a line begins a new one on the same screen`() {
        var talk = Talk.underWay()
        talk.delta("half a ")
        talk.hear("mode_changed", ["mode": "safe", "changedBy": "user:ada"])
        talk.delta("line")
        #expect(talk.output == "half a \nline")
        #expect(talk.errors == "the mode is safe now, set by user:ada\n")
    }
}
