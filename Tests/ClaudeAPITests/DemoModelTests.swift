import ClaudeAPI
import Glibc
import Testing

/// The demo model follows a conversation as a session's run drives it.
struct DemoModelTests {
    /// Answers every tool of the last message with `results` and asks again.
    private func goOn(
        _ world: World, _ request: inout MessagesRequest, _ result: String, isError: Bool = false
    ) throws -> AssistantMessage {
        let message = try #require(world.ask(request).message)
        let results = message.toolUses.map {
            ContentBlock.toolResult(
                ToolResult(toolUseID: $0.id, content: result, isError: isError))
        }
        request.messages.append(RequestMessage(.assistant, message.replayableContent))
        if !results.isEmpty { request.messages.append(RequestMessage(.user, results)) }
        return message
    }

    private func names(_ message: AssistantMessage) -> [String] { message.toolUses.map(\.name) }

    @Test func `a first prompt looks around, writes a file and says what came of it`() throws {
        let world = try World()
        var request = World.request("Hello", tools: World.tools)
        #expect(names(try goOn(world, &request, "total 0")) == ["Bash"])
        #expect(names(try goOn(world, &request, "written")) == ["Write"])
        let last = try goOn(world, &request, "")
        #expect(last.stopReason == .endTurn)
        #expect(last.text.contains("2 tool calls"))
    }

    @Test func `a later prompt reads the file and edits it`() throws {
        let world = try World()
        var request = World.request("Hello again", tools: World.tools)
        #expect(names(try goOn(world, &request, "-rw-r--r-- switchboard-demo.md")) == ["Bash"])
        #expect(names(try goOn(world, &request, "     5→Runs: 7\n")) == ["Read"])
        let edit = try goOn(world, &request, "edited")
        #expect(names(edit) == ["Edit"])
        #expect(
            edit.toolUses.first?.input
                == .complete([
                    "file_path": "switchboard-demo.md", "old_string": "Runs: 7",
                    "new_string": "Runs: 8",
                ]))
    }

    @Test func `a denial is accepted, and nothing is claimed to be done`() throws {
        let world = try World()
        var request = World.request("Hello", tools: World.tools)
        _ = try goOn(world, &request, "total 0")
        _ = try goOn(world, &request, "Permission denied by the user.", isError: true)
        let last = try goOn(world, &request, "")
        #expect(last.stopReason == .endTurn)
        #expect(last.text.contains("not done"))
    }

    @Test func `a message after an interrupted tool is answered, not the tool`() throws {
        let world = try World()
        var request = World.request("Hello", tools: World.tools)
        _ = try goOn(world, &request, "Interrupted by the user.", isError: true)
        // The API wants one message of the user: results first, then the words.
        let results = request.messages.removeLast().content
        request.messages.append(RequestMessage(.user, results + [.text("demo:stream 2")]))
        #expect(try #require(world.ask(request).message).text == "tok0 tok1")
    }

    @Test func `a prompt can name the tools and their inputs`() throws {
        let world = try World()
        let request = World.request(
            "demo:tool Read {\"file_path\": \"a\"}\ndemo:tool Bash {\"command\": \"ls\"}",
            tools: World.tools)
        let message = try #require(world.ask(request).message)
        #expect(names(message) == ["Read", "Bash"])
        #expect(message.toolUses.last?.input == .complete(["command": "ls"]))
    }

    @Test func `tools that may not be used are not used`() throws {
        let world = try World()
        var request = World.request("Summarise", tools: World.tools)
        request.toolChoice = .none
        #expect(try #require(world.ask(request).message).toolUses.isEmpty)
    }

    @Test func `a clock's tokens are the time at which they were sent`() throws {
        let text = try #require(try World().ask("demo:clock 3").message).text
        let times = text.split(separator: " ").compactMap { Int($0) }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        #expect(times.count == 3)
        #expect(times.allSatisfy { abs(now.tv_sec * 1_000 - $0) < 60_000 })
    }
}
