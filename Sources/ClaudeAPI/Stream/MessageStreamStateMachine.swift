import JSON

/// Folds the events of one Messages stream into typed events and the final message.
///
/// Unknown events, deltas and blocks are passed over, as the API's versioning policy asks. What
/// breaks the protocol, an `error` event, and an end before `message_stop` are thrown; after that,
/// and after the final message, nothing more is taken.
public struct MessageStreamStateMachine: Sendable {
    /// Largest sum of all data of one answer; the API's longest answers are far below.
    public static let maximumMessageBytes = 64 * 1024 * 1024

    private enum Phase { case waiting, open, over }

    private var phase = Phase.waiting
    private var id = ""
    private var model = ""
    private var usage = Usage()
    private var stopReason: StopReason?
    private var content: [ContentBlock] = []
    /// At most one is open at a time, and its number is that of the blocks before it.
    private var openBlock: OpenBlock?
    private var lastBlockHadInput = false
    private var receivedBytes = 0
    private let maximumBytes: Int

    public init(maximumMessageBytes: Int = Self.maximumMessageBytes) {
        maximumBytes = maximumMessageBytes
    }

    /// Whether an event was given that a further attempt would give anew.
    public var hasBegun: Bool { !id.isEmpty }

    /// What one event of the stream means, if it means something to the caller.
    public mutating func receive(_ event: ServerSentEvent) throws(ClaudeError) -> ClaudeEvent? {
        guard phase != .over else { return nil }
        receivedBytes += event.data.count
        guard receivedBytes <= maximumBytes else {
            throw fail(.tooLarge(maximumBytes: maximumBytes))
        }
        switch event.name {
        case "message_start": return try start(body(of: event))
        case "content_block_start": return try startBlock(body(of: event))
        case "content_block_delta": return try extendBlock(body(of: event))
        case "content_block_stop": return try endBlock(body(of: event))
        case "message_delta": return try update(body(of: event))
        case "message_stop": return try complete()
        case "error": throw fail(.api(APIError(streamed: try body(of: event))))
        default: return nil
        }
    }

    /// The connection has ended; throws where the message was not complete.
    public mutating func streamEnded() throws(ClaudeError) {
        if phase != .over { throw fail(.dropped) }
    }

    private mutating func start(_ body: JSONValue) throws(ClaudeError) -> ClaudeEvent {
        guard phase == .waiting, let message = body["message"],
            let id = message["id"]?.stringValue
        else { throw fail(.malformed("a message_start without a message, or a second one")) }
        phase = .open
        self.id = id
        model = message["model"]?.stringValue ?? ""
        usage.overwrite(with: message["usage"])
        return .started(id: id, model: model, usage: usage)
    }

    private mutating func startBlock(_ body: JSONValue) throws(ClaudeError) -> ClaudeEvent? {
        guard phase == .open, openBlock == nil, isCurrent(body),
            let block = body["content_block"]?.objectValue.flatMap({ OpenBlock($0) })
        else { throw fail(.malformed("a content_block_start out of order or without its block")) }
        openBlock = block
        return block.opening(content.count)
    }

    private mutating func extendBlock(_ body: JSONValue) throws(ClaudeError) -> ClaudeEvent? {
        guard isCurrent(body), openBlock != nil, let delta = body["delta"] else {
            throw fail(.malformed("a content_block_delta for a block that is not open"))
        }
        return openBlock?.append(delta, content.count)
    }

    private mutating func endBlock(_ body: JSONValue) throws(ClaudeError) -> ClaudeEvent {
        guard isCurrent(body), let block = openBlock else {
            throw fail(.malformed("a content_block_stop for a block that is not open"))
        }
        openBlock = nil
        lastBlockHadInput = block.hasInputText
        content.append(block.closed())
        return .blockEnded(content[content.count - 1], block: content.count - 1)
    }

    private mutating func update(_ body: JSONValue) throws(ClaudeError) -> ClaudeEvent {
        guard phase == .open else {
            throw fail(.malformed("a message_delta before its message_start"))
        }
        if let name = body["delta"]?["stop_reason"]?.stringValue { stopReason = StopReason(name) }
        usage.overwrite(with: body["usage"])
        return .usage(usage)
    }

    private mutating func complete() throws(ClaudeError) -> ClaudeEvent {
        guard phase == .open, let stopReason else {
            throw fail(.malformed("a message_stop without a stop_reason before it"))
        }
        if let block = openBlock {
            // A server that cuts an answer may leave its last block open.
            lastBlockHadInput = block.hasInputText
            content.append(block.closed())
            openBlock = nil
        }
        if stopReason == .maximumTokens || stopReason == .contextWindowExceeded { markCutTool() }
        phase = .over
        return .completed(
            AssistantMessage(
                id: id, model: model, content: content, stopReason: stopReason, usage: usage))
    }

    /// The last block of an answer that hit a limit may be a tool whose input is only begun.
    private mutating func markCutTool() {
        guard case .toolUse(let use)? = content.last else { return }
        let text: String
        switch use.input {
        case .invalid(let partial): text = partial
        case .complete where !lastBlockHadInput: text = ""
        default: return
        }
        content[content.count - 1] = .toolUse(
            ToolUse(id: use.id, name: use.name, input: .cut(text)))
    }

    private func isCurrent(_ body: JSONValue) -> Bool {
        body["index"]?.integerValue == Int64(content.count)
    }

    private mutating func body(of event: ServerSentEvent) throws(ClaudeError) -> JSONValue {
        do {
            return try JSONValue(parsing: event.data)
        } catch {
            throw fail(.malformed("the data of \(event.name): \(error)"))
        }
    }

    private mutating func fail(_ error: ClaudeError) -> ClaudeError {
        phase = .over
        return error
    }
}
