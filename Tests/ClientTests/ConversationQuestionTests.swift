import Client
import JSON
import Testing

@Suite struct ConversationQuestionTests {
    private func answer(_ allowed: Bool, _ always: Bool) -> Conversation.Action {
        .answer("p1", allowed: allowed, alwaysAllow: always)
    }

    @Test func `a question is put to the person, and the answer sent`() {
        for (line, allowed, always) in [
            ("y", true, false), (" YES ", true, false), ("a", true, true), ("n", false, false),
        ] {
            var talk = Talk.underWay()
            talk.ask("p1", command: "rm -rf x\nls")
            #expect(
                talk.errors
                    == "Bash asks for permission:\n    rm -rf x\n    ls\n"
                    + "Allow it? y = yes, n = no, a = yes, since nothing of it can be remembered: ")
            talk.type(line)
            #expect(talk.deeds.last == answer(allowed, always))
        }
    }

    @Test func `whatever is no answer is asked again, and never a yes`() {
        for line in ["", "yep", "yn", "allow", "1", "\u{1b}[A"] {
            var talk = Talk.underWay()
            talk.ask("p1")
            talk.type(line)
            #expect(talk.deeds == [.post])
            #expect(talk.errors.split(separator: "Allow it?").count == 3)
        }
    }

    @Test func `a line typed without a question, or twice, answers nothing`() {
        var talk = Talk.underWay()
        talk.type("y")
        talk.ask("p1")
        talk.type("y")
        talk.type("y")
        talk.ask("p2")
        talk.type("y")
        #expect(talk.deeds == [.post, answer(true, false)])
        talk.hear(
            "permission_resolved", ["requestId": "p1", "allowed": true, "resolvedBy": "user:u"])
        talk.type("n")
        #expect(talk.deeds.last == .answer("p2", allowed: false, alwaysAllow: false))
    }

    @Test func `an answer from elsewhere ends the question here`() {
        var talk = Talk.underWay()
        talk.ask("p1")
        talk.hear(
            "permission_resolved",
            ["requestId": "p1", "allowed": false, "alwaysAllow": false, "resolvedBy": "user:ada"])
        #expect(talk.errors.hasSuffix("remembered: \nBash: denied by user:ada\n"))
        talk.type("y")
        #expect(talk.deeds == [.post])
    }

    @Test func `nobody answered in time`() {
        var talk = Talk.underWay()
        talk.ask("p1")
        talk.hear("permission_timeout", ["requestId": "p1"])
        #expect(talk.errors.hasSuffix("Bash: nobody answered in time: denied\n"))
    }

    @Test func `without a terminal the request is named, for somebody else to answer`() {
        var talk = Talk.underWay(canAsk: false)
        talk.ask("p1")
        talk.type("y")
        #expect(talk.deeds == [.post])
        #expect(
            talk.errors
                == "waiting for permission p1, to be answered on another device: Bash rm x\n")
    }

    @Test func `when the input ends, the open question is somebody else's`() {
        var talk = Talk.underWay()
        talk.ask("p1")
        talk.perform(talk.conversation.inputEnded())
        #expect(talk.errors.contains("waiting for permission p1"))
        talk.type("y")
        #expect(talk.deeds == [.post])
    }

    @Test func `an answer that was not taken can be given again`() {
        var talk = Talk.underWay()
        talk.ask("p1")
        talk.type("y")
        talk.perform(talk.conversation.answerFailed("p1", "no hub answers"))
        #expect(talk.errors.contains("the answer was not taken: no hub answers\n"))
        talk.type("n")
        #expect(talk.deeds.last == answer(false, false))
        talk.perform(talk.conversation.answerFailed("p1", nil))
        talk.type("y")
        #expect(talk.deeds.count == 3)
    }

    @Test func `questions that were open before are asked, and those that ended meanwhile are not`()
    {
        var talk = Talk()
        talk.join(
            snapshot: ["status": "waiting", "pendingPermissions": [Talk.question("p1")]])
        talk.own("queued")
        #expect(talk.errors.contains("Allow it?"))
        talk.join(
            isGap: true,
            snapshot: ["status": "waiting", "pendingPermissions": [Talk.question("p2")]])
        talk.type("y")
        #expect(talk.deeds.last == .answer("p2", allowed: true, alwaysAllow: false))
    }
}
