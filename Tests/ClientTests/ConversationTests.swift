import Client
import JSON
import Testing

@Suite struct ConversationTests {
    @Test func `the message is sent once the channel is joined`() {
        var talk = Talk()
        talk.join()
        #expect(talk.deeds == [.post])
        talk.join()
        #expect(talk.deeds == [.post])
    }

    @Test func `text is shown as it comes, each text as a paragraph`() {
        var talk = Talk.underWay()
        talk.delta("Let me ")
        talk.delta("look.")
        #expect(talk.output == "Let me look.")
        talk.text("Let me look.")
        talk.delta("Done.\n", turn: "t2")
        talk.text("Done.\n", turn: "t2")
        talk.hear("complete", ["reason": "complete"])
        #expect(talk.output == "Let me look.\nDone.\n")
        #expect(talk.ending == .complete)
    }

    @Test func `a text without deltas, and what deltas left out, come with the final text`() {
        var talk = Talk.underWay()
        talk.text("One.", turn: nil)
        talk.delta("Tw", turn: nil)
        talk.text("Two.")
        talk.delta("", turn: "t3")
        talk.text("Three.", turn: "t3")
        #expect(talk.output == "One.\nTwo.\nThree.\n")
    }

    @Test func `the same text twice in a turn is shown twice`() {
        var talk = Talk.underWay()
        talk.text("Again.")
        talk.text("Again.")
        #expect(talk.output == "Again.\nAgain.\n")
    }

    @Test func `an answer that began again is not shown once more`() {
        var talk = Talk.underWay()
        talk.delta("Hel")
        talk.delta("[again]Hello")
        talk.text("Hello")
        #expect(talk.output == "Hel[again]Hello\n")
    }

    @Test func `tools are lines beside the text, a sub-agent's words are left out`() {
        var talk = Talk.underWay(isTerminal: false)
        talk.delta("Looking")
        talk.hear(
            "tool_start",
            ["toolName": "Bash", "toolUseId": "u1", "toolInput": ["command": "ls\n-la"]])
        talk.delta("unseen", parent: "u1")
        talk.hear(
            "tool_result",
            ["toolName": "Bash", "toolUseId": "u1", "result": "a\nb\nc", "isError": true])
        #expect(talk.output == "Looking\n")
        #expect(talk.errors == "→ Bash ls ⏎ -la\n← Bash failed: a (and 2 more lines)\n")
    }

    @Test func `another run's text is not shown, and its end is not ours`() {
        var talk = Talk()
        talk.join(snapshot: ["status": "running"])
        talk.own("queued")
        #expect(talk.errors == "the session is busy; the message waits for its turn\n")
        talk.delta("not ours")
        talk.hear("error", ["error": "x", "code": "X"])
        talk.hear("complete", ["reason": "error"])
        talk.hear("user_message", ["messageId": "m0", "status": "processing"])
        talk.delta("nor this")
        talk.hear("complete", ["reason": "complete"])
        #expect(talk.output.isEmpty && talk.ending == nil)
        talk.own("processing")
        talk.delta("ours")
        talk.hear("complete", ["reason": "complete"])
        #expect(talk.output == "ours\n")
        #expect(talk.ending == .complete)
    }

    @Test func `an agent outside answers without saying that it does`() {
        var talk = Talk()
        talk.join()
        talk.own("accepted")
        talk.delta("Hello", turn: nil)
        talk.hear("complete", ["reason": "complete"])
        #expect(talk.output == "Hello\n")
        #expect(talk.ending == .complete)
    }

    @Test func `that no agent begins is told, and only then`() {
        var talk = Talk()
        talk.join()
        talk.perform(talk.conversation.waitedLong())
        #expect(talk.errors.isEmpty, "it was not even sent")
        talk.own("accepted")
        talk.perform(talk.conversation.waitedLong())
        #expect(talk.errors.hasPrefix("no agent has begun to answer"))
        for status in ["running", "idle"] {
            var other = Talk()
            other.join(snapshot: ["status": .string(status)])
            other.own(status == "running" ? "queued" : "processing")
            let before = other.errors
            other.perform(other.conversation.waitedLong())
            #expect(other.errors == before, "an agent is at work")
        }
    }

    @Test func `a failure is told, and ends soon even if nothing follows`() {
        var talk = Talk.underWay()
        talk.hear("error", ["error": "no model", "code": "MODEL_NOT_CONFIGURED", "canRetry": true])
        #expect(talk.errors == "no model (MODEL_NOT_CONFIGURED); it may work when sent again\n")
        #expect(talk.deeds.last == .endSoon(.failed))
        talk.hear("complete", ["reason": "error"])
        #expect(talk.ending == .failed)
    }

    @Test func `a message that cannot be sent ends it`() {
        var talk = Talk()
        talk.join()
        talk.perform(talk.conversation.postFailed("no such session"))
        #expect(talk.errors == "no such session\n")
        #expect(talk.ending == .failed)
    }

    @Test func `after the end nothing happens any more`() {
        var talk = Talk.underWay()
        talk.hear("complete", ["reason": "complete"])
        let before = talk.deeds
        talk.delta("late")
        talk.ask("p1")
        talk.perform(talk.conversation.interrupted())
        #expect(talk.deeds == before)
        #expect(talk.output.isEmpty)
    }
}

@Suite struct ConversationStopTests {
    @Test func `a run is stopped, and its end is 130`() {
        var talk = Talk.underWay()
        talk.perform(talk.conversation.interrupted())
        talk.perform(talk.conversation.interrupted())
        #expect(talk.deeds == [.post, .abort])
        talk.perform(talk.conversation.stopped(.done))
        #expect(talk.ending == nil)
        talk.hear("interrupted", ["reason": "aborted"])
        talk.hear("complete", ["reason": "interrupted"])
        #expect(talk.ending == .stopped)
    }

    @Test func `a message that waits is taken back, and another's run goes on`() {
        var talk = Talk()
        talk.join(snapshot: ["status": "running"])
        talk.own("queued")
        talk.perform(talk.conversation.interrupted())
        #expect(talk.deeds == [.post, .takeBack(messageID: "m1")])
        talk.perform(talk.conversation.stopped(.done))
        #expect(talk.ending == .stopped)
    }

    @Test func `a message whose turn came meanwhile has its run stopped`() {
        var talk = Talk()
        talk.join()
        talk.perform(talk.conversation.interrupted())
        #expect(talk.deeds == [.post])
        talk.own("accepted")
        talk.own("processing")
        talk.perform(talk.conversation.stopped(.tooLate))
        #expect(talk.deeds == [.post, .takeBack(messageID: "m1"), .abort])
    }

    @Test func `before anything was sent it just ends`() {
        var talk = Talk()
        talk.perform(talk.conversation.interrupted())
        #expect(talk.deeds == [.end(.stopped)])
    }

    @Test func `an order that does not arrive is told`() {
        var talk = Talk.underWay()
        talk.perform(talk.conversation.interrupted())
        talk.perform(talk.conversation.stopped(.failed("no hub answers")))
        #expect(talk.errors.hasSuffix("no hub answers. The run may go on\n"))
        #expect(talk.ending == .stopped)
    }
}
