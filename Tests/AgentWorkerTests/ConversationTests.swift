import AgentWorker
import ClaudeAPI
import Protocol
import Testing

/// What of a transcript reaches the model.
@Suite struct ConversationTests {
    private func user(_ blocks: ContentBlock...) -> RequestMessage { RequestMessage(.user, blocks) }
    private func assistant(_ blocks: ContentBlock...) -> RequestMessage {
        RequestMessage(.assistant, blocks)
    }
    private func result(_ id: String, _ text: String = "ok") -> ContentBlock {
        .toolResult(ToolResult(toolUseID: id, content: text))
    }
    private func unknown(_ id: String) -> ContentBlock {
        .toolResult(
            ToolResult(toolUseID: id, content: Conversation.unknownOutcome, isError: true))
    }

    private func repaired(_ messages: RequestMessage...) -> [RequestMessage] {
        Conversation(repairing: messages).messages
    }

    @Test func `a valid conversation stays as it is`() {
        let messages = [
            user(.text("Hi")), assistant(.text("Look"), Script.bash("a"), Script.bash("b")),
            user(result("a"), result("b"), .text("also")), assistant(.text("Done")),
        ]
        #expect(Conversation(repairing: messages).messages == messages)
    }

    @Test func `a dangling tool use gets an unknown outcome, in front of the next message`() {
        #expect(
            repaired(user(.text("Hi")), assistant(Script.bash("a")), user(.text("And?")))
                == [
                    user(.text("Hi")), assistant(Script.bash("a")),
                    user(unknown("a"), .text("And?")),
                ])
    }

    @Test func `a dangling tool use at the end, or before an answer, gets one too`() {
        #expect(
            repaired(user(.text("Hi")), assistant(Script.bash("a"))).last == user(unknown("a")))
        #expect(
            repaired(user(.text("Hi")), assistant(Script.bash("a")), assistant(.text("x")))
                == [
                    user(.text("Hi")), assistant(Script.bash("a")), user(unknown("a")),
                    assistant(.text("x")),
                ])
    }

    @Test func `results come first and in order, missing ones are made up, strange ones dropped`() {
        #expect(
            repaired(
                user(.text("Hi")), assistant(Script.bash("a"), Script.bash("b")),
                user(.text("note"), result("b"), result("z"))
            )
            .last == user(unknown("a"), result("b"), .text("note")))
        #expect(repaired(user(result("z"), .text("Hi"))) == [user(.text("Hi"))])
    }

    @Test func `messages of the same role become one, and the user begins`() {
        #expect(
            repaired(assistant(.text("?")), user(.text("a")), user(), user(.text("b")))
                == [user(.text("a"), .text("b"))])
    }

    @Test func `a damaged entry is left out`() {
        let entries = [
            TranscriptEntry(personsText: "Hi"),
            TranscriptEntry(role: .assistant, content: Array("{".utf8)),
            TranscriptEntry(role: .assistant, content: Array("[{\"type\":\"text\"}]".utf8)),
        ]
        #expect(Conversation(entries).messages == [user(.text("Hi"))])
    }

    @Test func `every kind of block survives its way through the transcript`() {
        let message = assistant(
            .thinking("t", signature: "s"), .redactedThinking(data: "d"), .text("x"),
            .other(["type": "new", "n": 1]), Script.bash("a"))
        #expect(TranscriptEntry(message).message == message)
        let results = user(result("a"), unknown("b"))
        #expect(TranscriptEntry(results, isSummary: true).message == results)
    }

    @Test func `a text is cut where its JSON would be too long, never within a character`() {
        #expect("abc".fitting(jsonBytes: 3).isWhole)
        #expect("äöü".fitting(jsonBytes: 5).text == "äö")
        #expect("\u{1}\u{1}".fitting(jsonBytes: 11).text == "\u{1}")
        #expect("\"\"\"".fitting(jsonBytes: 5).text == "\"\"")
        #expect("😀😀".fitting(jsonBytes: 7).text == "😀")
    }
}
