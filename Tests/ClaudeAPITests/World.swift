import ClaudeAPI
import Crypto
import DemoModel
import EventLoop
import Testing
import TestSupport

/// A client and the demo model on one loop, over real HTTP on loopback.
final class World {
    let loop: EventLoop
    let model: DemoModelServer
    let client: ClaudeClient
    static let key = "sk-ant-test-key-0123456789"

    init(
        pace: Duration = .zero, baseURL: String? = nil, path: String = "",
        change: (inout ClaudeConfiguration) -> Void = { _ in }
    ) throws {
        loop = try EventLoop()
        model = try DemoModelServer(loop: loop, pace: pace)
        var configuration = try ClaudeConfiguration(
            .key(Secret(Self.key)), baseURL: baseURL ?? model.baseURL + path,
            environment: [:])
        configuration.retries = RetryPolicy(
            maximumAttempts: 3, firstDelay: .milliseconds(1), maximumDelay: .milliseconds(2))
        configuration.idleTimeout = .seconds(5)
        change(&configuration)
        client = ClaudeClient(loop: loop, configuration: configuration)
    }

    /// Runs the loop until the condition holds; a deadline that passes fails the test.
    func run(
        within limit: Duration = .seconds(60), until condition: @escaping () -> Bool,
        _ location: SourceLocation = #_sourceLocation
    ) {
        if !loop.run(within: limit, until: condition) {
            Issue.record("not within \(limit)", sourceLocation: location)
        }
    }

    /// Every event of one request.
    func ask(
        _ request: MessagesRequest, _ location: SourceLocation = #_sourceLocation
    ) -> [ClaudeEvent] {
        var events: [ClaudeEvent] = []
        _ = client.stream(request) { events.append($0) }
        run(until: { events.last?.isLast == true }, location)
        return events
    }

    func ask(_ prompt: String, _ location: SourceLocation = #_sourceLocation) -> [ClaudeEvent] {
        ask(Self.request(prompt), location)
    }

    /// Asks and proves that the next message works.
    func askAndGoOn(
        _ prompt: String, _ location: SourceLocation = #_sourceLocation
    ) -> [ClaudeEvent] {
        let events = ask(prompt, location)
        let next = ask("What now?", location)
        #expect(next.message?.stopReason == .endTurn, sourceLocation: location)
        return events
    }

    static func request(_ prompt: String, tools: [ToolDefinition] = []) -> MessagesRequest {
        MessagesRequest(
            model: "demo", maximumTokens: 1_024, tools: tools,
            messages: [RequestMessage(.user, [.text(prompt)])])
    }

    static let tools = ["Bash", "Read", "Write", "Edit"].map {
        ToolDefinition(name: $0, description: $0, inputSchema: ["type": "object"])
    }
}

extension [ClaudeEvent] {
    var message: AssistantMessage? {
        if case .completed(let message)? = last { message } else { nil }
    }

    var failure: ClaudeError? {
        if case .failed(let error)? = last { error } else { nil }
    }

    var apiError: APIError? {
        if case .api(let error)? = failure { error } else { nil }
    }

    var retries: [Retry] {
        compactMap { if case .retrying(let retry) = $0 { retry } else { nil } }
    }

    /// The text of the preview since the last attempt began.
    var preview: String {
        reduce(into: "") { text, event in
            switch event {
            case .text(let piece, _): text += piece
            case .retrying: text = ""
            default: break
            }
        }
    }
}
