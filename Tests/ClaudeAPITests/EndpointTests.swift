import ClaudeAPI
import Crypto
import Testing

/// The endpoint misbehaves; each case ends in one defined event, and the next message works.
struct EndpointTests {
    @Test func `a text streams in pieces that make the message`() throws {
        let events = try World().ask("Hello there")
        #expect(events.message?.stopReason == .endTurn)
        #expect(events.message?.text == events.preview)
        #expect(events.preview.contains("Hello there"))
        #expect(events.count > 10)
        #expect(events.message?.usage.outputTokens ?? 0 > 1)
    }

    @Test func `thinking comes before the text and has its signature`() throws {
        var request = World.request("Think")
        request.thinking = .adaptive
        let message = try World().ask(request).message
        guard case .thinking(let text, let signature)? = message?.content.first else {
            Issue.record("no thinking in \(String(describing: message))")
            return
        }
        #expect(!text.isEmpty && !signature.isEmpty)
    }

    @Test(arguments: [
        (400, "invalid_request_error", 0), (401, "authentication_error", 0),
        (403, "permission_error", 0), (404, "not_found_error", 0), (413, "request_too_large", 0),
        (429, "rate_limit_error", 2), (500, "api_error", 2), (529, "overloaded_error", 2),
    ])
    func `a status becomes the API's error after its retries`(
        _ status: Int, _ label: String, _ retries: Int
    ) throws {
        let events = try World().askAndGoOn("demo:error \(status)")
        #expect(events.retries.count == retries)
        #expect(events.apiError?.status == status)
        #expect(events.failure?.label == label)
        #expect(events.apiError?.message == "As the prompt asked.")
        #expect(events.apiError?.requestID?.hasPrefix("req_demo") == true)
    }

    @Test func `a server that is overloaded twice is asked three times`() throws {
        let events = try World().ask("demo:error 529 x2")
        #expect(events.retries.map(\.attempt) == [2, 3])
        #expect(events.retries.map(\.discardsPreview) == [false, false])
        #expect(events.message?.stopReason == .endTurn)
    }

    @Test func `429 with retry-after waits as long as it says`() throws {
        let events = try World().askAndGoOn("demo:retry-after 1")
        #expect(events.retries.map(\.delay) == [.seconds(1)])
        #expect(events.message != nil)
    }

    @Test func `a retry-after beyond patience is told at once`() throws {
        let events = try World().askAndGoOn("demo:retry-after 3600")
        #expect(events.retries.isEmpty)
        #expect(events.apiError?.advice.after == .seconds(3_600))
        #expect(events.failure?.canRetry == true)
    }

    @Test func `silence ends as silence, and the connection is closed`() throws {
        let world = try World { configuration in
            configuration.idleTimeout = .milliseconds(50)
            configuration.retries.maximumAttempts = 2
        }
        let events = world.ask("demo:silence")
        #expect(events.failure == .silent(for: .milliseconds(50)))
        #expect(events.retries.map(\.discardsPreview) == [true])
        world.run(until: { world.model.streamCount == 0 })
        #expect(world.ask("And now?").message != nil)
    }

    @Test func `pings and slow tokens are no silence`() throws {
        let world = try World(pace: .milliseconds(100)) { $0.idleTimeout = .seconds(1) }
        #expect(world.ask("demo:stream 15 tokens").message?.text.hasSuffix("tok14") == true)
    }

    @Test func `a loop that was held up takes no stream for dead`() throws {
        let world = try World(pace: .milliseconds(10)) { $0.idleTimeout = .milliseconds(50) }
        var events: [ClaudeEvent] = []
        _ = world.client.stream(World.request("demo:stream 10 tokens")) { event in
            events.append(event)
            let end = ContinuousClock.now + .milliseconds(150)
            while events.count == 4, ContinuousClock.now < end {}
        }
        world.run(until: { events.last?.isLast == true })
        #expect(events.retries.isEmpty)
        #expect(events.message?.text.hasSuffix("tok9") == true)
    }

    @Test func `a dropped stream is tried again and ends as dropped`() throws {
        let events = try World().askAndGoOn("demo:drop")
        #expect(events.failure == .dropped)
        #expect(events.retries.map(\.reason) == [.dropped, .dropped])
        #expect(events.retries.map(\.discardsPreview) == [true, true])
    }

    @Test func `after a dropped stream the preview begins anew`() throws {
        let events = try World().ask("demo:drop x1")
        #expect(events.retries.count == 1)
        #expect(events.message?.text == events.preview)
    }

    @Test func `an error in mid-stream is tried again and ends as that error`() throws {
        let events = try World().askAndGoOn("demo:error-midstream")
        #expect(events.apiError?.kind == .overloaded)
        #expect(events.apiError?.status == 200)
        #expect(events.apiError?.requestID?.hasPrefix("req_demo") == true)
        #expect(events.retries.count == 2)
    }

    @Test func `half a character at the end of a packet is whole in the text`() throws {
        let events = try World().askAndGoOn("demo:half-utf8")
        #expect(events.message?.text == "Grüße, 世界, 👩🏽‍🚀 – ½ π ∎ naïve café")
        #expect(events.preview == events.message?.text)
    }

    @Test func `unknown events change nothing`() throws {
        let events = try World().askAndGoOn("demo:unknown-event")
        #expect(events.message?.text.hasSuffix("and an end.") == true)
        #expect(events.retries.isEmpty)
    }

    @Test func `an empty text is an answer without content to keep`() throws {
        let events = try World().askAndGoOn("demo:empty-text")
        #expect(events.message?.stopReason == .endTurn)
        #expect(events.message?.replayableContent == [])
    }

    @Test func `a tool cut by max_tokens is told as cut`() throws {
        let request = World.request("demo:max-tokens-tool", tools: World.tools)
        let message = try World().ask(request).message
        #expect(message?.stopReason == .maximumTokens)
        guard case .toolUse(let use)? = message?.content.last else {
            Issue.record("no tool in \(String(describing: message))")
            return
        }
        #expect(!use.isRunnable)
        #expect(message?.toolUses == [])
    }

    @Test(arguments: [
        ("demo:refusal", StopReason.refusal), ("demo:pause-turn", .pauseTurn),
        ("demo:context-window", .contextWindowExceeded),
    ])
    func `special ends are told`(_ prompt: String, _ reason: StopReason) throws {
        #expect(try World().askAndGoOn(prompt).message?.stopReason == reason)
    }

    @Test func `a prompt that is too long is a context overflow`() throws {
        let failure = try World().askAndGoOn("demo:context-overflow").failure
        #expect(failure?.isContextOverflow == true)
        #expect(failure?.canRetry == false)
    }

    @Test func `a thousand tools in one turn all arrive and all are answered`() throws {
        let world = try World()
        var request = World.request("demo:tools 1000", tools: World.tools)
        let message = try #require(world.ask(request).message)
        #expect(message.toolUses.count == 1_000)
        #expect(
            message.toolUses.last?.input
                == .complete(
                    ["command": "echo 999", "description": "Print a number"]))
        request.messages += [
            RequestMessage(.assistant, message.replayableContent),
            RequestMessage(
                .user,
                message.toolUses.map { .toolResult(ToolResult(toolUseID: $0.id, content: "ok")) }),
        ]
        #expect(world.ask(request).message?.text.contains("1000 tool calls") == true)
    }

    @Test func `a long answer arrives whole`() throws {
        let text = try World().ask("demo:stream 20000 tokens").message?.text
        #expect(text?.hasPrefix("tok0 tok1 ") == true)
        #expect(text?.hasSuffix(" tok19999") == true)
    }

    @Test func `an incomplete history is the request's own fault`() throws {
        var request = World.request("Hi")
        let use = ToolUse(id: "t1", name: "Bash", input: .complete([:]))
        request.messages += [
            RequestMessage(.assistant, [.toolUse(use)]), RequestMessage(.user, [.text("Go on")]),
        ]
        let failure = try World().ask(request).apiError
        #expect(failure?.kind == .invalidRequest)
        #expect(failure?.message.contains("t1") == true)
    }

    @Test func `an answer that is no message is no model's, and is not asked again`() throws {
        let events = try World().askAndGoOn("demo:no-stream")
        #expect(
            events.failure
                == .malformed(
                    "its answer is application/json, but no message of the Messages API"))
        #expect(events.retries.isEmpty)
    }

    @Test func `nobody listening is a connection error`() throws {
        let world = try World(baseURL: "http://127.0.0.1:1")
        guard case .connection(let error)? = world.ask("Hi").failure else {
            Issue.record("no connection error")
            return
        }
        #expect(error.cause == .unreachable)
        #expect(error.origin == "http://127.0.0.1:1")
    }

    @Test func `an endpoint at a wrong path says so`() throws {
        let error = try World(path: "/nowhere").ask("Hi").apiError
        #expect(error?.status == 404)
        #expect(error?.message.contains("/nowhere/v1/messages") == true)
    }

    @Test func `a key in a peer's message is taken out`() throws {
        let world = try World()
        var request = World.request("Hi")
        // The demo model quotes this id, as a careless proxy quotes a header.
        let use = ToolUse(id: World.key, name: "Bash", input: .complete([:]))
        request.messages += [
            RequestMessage(.assistant, [.toolUse(use)]), RequestMessage(.user, [.text("Go on")]),
        ]
        let failure = try #require(world.ask(request).failure)
        #expect(!"\(failure)".contains(World.key))
        #expect("\(failure)".contains("<redacted>"))
    }
}
