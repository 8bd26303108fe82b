import ClaudeAPI
import JSON
import Testing

struct RequestTests {
    private let tool = ToolDefinition(
        name: "Bash", description: "Runs", inputSchema: ["type": "object"])

    private func user(_ text: String) -> RequestMessage { RequestMessage(.user, [.text(text)]) }

    private func request(_ messages: [RequestMessage]) -> MessagesRequest {
        MessagesRequest(model: "m", maximumTokens: 16, messages: messages)
    }

    @Test func `the smallest request is the documented one`() {
        #expect(
            JSONValue.object(request([user("Hi")]).json).description
                == #"{"model":"m","max_tokens":16,"stream":true,"messages":[{"role":"user","#
                + #""content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]}"#
        )
    }

    @Test func `every option has its field`() {
        var full = request([user("Hi")])
        full.tools = [tool]
        full.toolChoice = .none
        full.thinking = .budget(tokens: 2_048)
        full.userID = "u1"
        let json = JSONValue.object(full.json)
        #expect(json["tool_choice"] == ["type": "none"])
        #expect(json["thinking"] == ["type": "enabled", "budget_tokens": 2_048])
        #expect(json["metadata"] == ["user_id": "u1"])
        #expect(json["tools"]?.arrayValue?.first?["input_schema"] == ["type": "object"])
    }

    @Test func `four breakpoints end the tools, the system and two messages`() {
        var full = request([
            user("1"), RequestMessage(.assistant, [.text("2")]), user("3"),
            RequestMessage(.assistant, [.text("4")]), user("5"),
        ])
        full.tools = [tool, tool]
        full.system = ["a", "", "b"]
        let json = JSONValue.object(full.json)
        #expect(breakpoints(json["tools"]) == [false, true])
        #expect(breakpoints(json["system"]) == [false, true])
        let messages = json["messages"]?.arrayValue ?? []
        #expect(
            messages.map { breakpoints($0["content"]) == [true] } == [
                false, false, true, false, true,
            ])
        #expect(JSONValue.object(full.json).description.split(separator: "ephemeral").count == 5)
    }

    @Test func `a breakpoint avoids thinking and empty texts`() {
        let full = request([
            RequestMessage(.user, [.text("a"), .text(""), .thinking("t", signature: "s")])
        ])
        let content = JSONValue.object(full.json)["messages"]?.arrayValue?.first?["content"]
        #expect(breakpoints(content) == [true, false, false])
    }

    @Test func `blocks survive the way to JSON and back`() {
        let blocks: [ContentBlock] = [
            .text("Grüße"), .thinking("t", signature: "s"), .redactedThinking(data: "d"),
            .toolUse(ToolUse(id: "1", name: "n", input: .complete(["a": 1]))),
            .toolResult(ToolResult(toolUseID: "1", content: "out", isError: true)),
            .toolResult(ToolResult(toolUseID: "2", content: "")),
            .other(["type": "new", "x": 1]),
        ]
        #expect(blocks.map { ContentBlock(json: $0.json) } == blocks.map(Optional.some))
    }

    @Test func `an input that is not whole goes out as an empty object`() {
        let use = ContentBlock.toolUse(ToolUse(id: "1", name: "n", input: .invalid("{")))
        #expect(use.json["input"] == [:])
    }

    private func breakpoints(_ blocks: JSONValue?) -> [Bool] {
        blocks?.arrayValue?.map { $0["cache_control"] != nil } ?? []
    }
}
