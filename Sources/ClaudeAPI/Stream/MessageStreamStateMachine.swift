import JSON

/// Folds the events of one Messages stream into typed events and the final message.
///
/// Unknown events, deltas and blocks are passed over, as the API's versioning policy asks. What
/// strays from the protocol and loses nothing is tolerated and told (``Deviation``). What loses a
/// part of the answer, an `error` event, and an end before the answer's are thrown; after that, and
/// after the final message, nothing more is taken.
public struct MessageStreamStateMachine: Sendable {
    /// Largest sum of all data of one answer; the API's longest answers are far below.
    public static let maximumMessageBytes = 64 * 1024 * 1024

    private enum Phase { case waiting, open, over }

    private var phase = Phase.waiting
    private var id = ""
    private var model = ""
    private var usage = Usage()
    private var stopReason: StopReason?
    private var blocks = AnswerBlocks()
    /// Of a message that began with its content.
    private var startContent: [BlockData] = []
    /// Another message began; where its first block follows, it replaces what came before.
    private var mayBeginAgain = false
    private var receivedBytes = 0
    private let maximumBytes: Int
    private var deviations = DeviationNotes()

    public init(maximumMessageBytes: Int = Self.maximumMessageBytes) {
        maximumBytes = maximumMessageBytes
    }

    /// Whether an event was given that a further attempt would give anew.
    public private(set) var hasBegun = false
    /// Whether the model has said all, and only the stream's end is missing.
    public var isEnding: Bool { phase == .open && stopReason != nil }
    /// Grows with every event that is more than a sign of life.
    public private(set) var progress = 0

    /// What one event of the stream means, if it means something to the caller.
    public mutating func receive(_ event: ServerSentEvent) throws(ClaudeError) -> [ClaudeEvent] {
        guard phase != .over, event.name != "ping" else { return [] }
        receivedBytes += event.data.count
        return try told { machine throws(ClaudeError) in
            guard machine.receivedBytes <= machine.maximumBytes else {
                throw .tooLarge(maximumBytes: machine.maximumBytes)
            }
            return try machine.take(event)
        }
    }

    /// The connection has ended; throws where the answer was not complete.
    public mutating func streamEnded() throws(ClaudeError) -> [ClaudeEvent] {
        guard phase != .over else { return [] }
        return try told { machine throws(ClaudeError) in
            guard machine.isEnding else { throw .dropped }
            machine.note(.missingStop)
            return try machine.complete()
        }
    }

    mutating func note(_ deviation: Deviation) { deviations.note(deviation) }

    /// What `body` gives, behind the deviations that it met; what it throws is the answer's end.
    private mutating func told(
        _ body: (inout Self) throws(ClaudeError) -> [ClaudeEvent]
    ) throws(ClaudeError) -> [ClaudeEvent] {
        do {
            let events = try body(&self)
            return deviations.takeUntold().map(ClaudeEvent.tolerated) + events
        } catch {
            phase = .over
            throw error
        }
    }

    private mutating func take(_ event: ServerSentEvent) throws(ClaudeError) -> [ClaudeEvent] {
        if event.data.elementsEqual("[DONE]".utf8) {
            note(.doneMark)
            return phase == .open ? try complete() : []
        }
        let data: StreamData
        do {
            data = try StreamData(event.data)
        } catch {
            guard Self.read.contains(event.name) || event.name == "message" else { return [] }
            throw .garbled("the data of \(event.name): \(error)")
        }
        guard let kind = kind(of: event, data) else { return [] }
        progress += 1
        switch kind {
        case "message_start": return try start(data.message)
        case "message": return try takeWhole(data.message)
        case "content_block_start": return try startBlock(data)
        case "content_block_delta": return try extendBlock(data)
        case "content_block_stop": return ensureStarted() + blocks.end(data.index, &deviations)
        case "message_delta": return update(data)
        case "message_stop": return try complete()
        default: throw .api(APIError(streamed: data.error))
        }
    }

    private static let read: Set<String> = [
        "message_start", "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop", "error",
    ]

    /// The data's own word, else the event's name; nil for what nobody here reads.
    private mutating func kind(of event: ServerSentEvent, _ data: StreamData) -> String? {
        if data.type == "message" { return "message" }
        if let type = data.type, Self.read.contains(type) {
            if event.name != type { note(.eventName) }
            return type
        }
        if Self.read.contains(event.name) { return event.name }
        guard data.error != nil, data.type == nil else { return nil }
        note(.errorType)
        return "error"
    }
}

// MARK: - The message

extension MessageStreamStateMachine {
    private mutating func start(_ message: MessageData) throws(ClaudeError) -> [ClaudeEvent] {
        phase == .waiting ? begin(message) : try startAgain(message)
    }

    private mutating func begin(_ message: MessageData) -> [ClaudeEvent] {
        phase = .open
        hasBegun = true
        if message.id == nil { note(.missingID) }
        id = message.id ?? ""
        model = message.model ?? ""
        startContent = message.content
        // Without content it is too early to be true.
        if !startContent.isEmpty { stopReason = message.stopReason.map { StopReason($0) } }
        overwriteUsage(message.usage)
        return [.started(id: id, model: model, usage: usage)]
    }

    /// Some gateways begin twice, or begin anew with another model behind them.
    private mutating func startAgain(_ message: MessageData) throws(ClaudeError) -> [ClaudeEvent] {
        note(.secondStart)
        // What is whole stays so, whatever another message says.
        if isEnding, !blocks.isEmpty { return try complete() }
        mayBeginAgain = message.id != nil && message.id != id
        overwriteUsage(message.usage)
        return [.usage(usage)]
    }

    /// A message that did not come in pieces.
    private mutating func takeWhole(_ message: MessageData) throws(ClaudeError) -> [ClaudeEvent] {
        note(.wholeMessage)
        var events = phase == .waiting ? begin(message) : []
        startContent = []
        if blocks.isEmpty { events += try takeContent(message.content) }
        overwriteUsage(message.usage)
        if let name = message.stopReason { stopReason = StopReason(name) }
        return events + (try complete())
    }

    private mutating func takeContent(_ content: [BlockData]) throws(ClaudeError) -> [ClaudeEvent] {
        var events: [ClaudeEvent] = []
        for (number, block) in content.enumerated() {
            events += try blocks.open(block, number, &deviations)
            events += blocks.end(number, &deviations)
        }
        return events
    }

    private mutating func startBlock(_ data: StreamData) throws(ClaudeError) -> [ClaudeEvent] {
        let events = ensureStarted()
        if mayBeginAgain, data.index == 0 { blocks = AnswerBlocks() }
        mayBeginAgain = false
        guard let block = data.block else {
            throw .garbled("a content_block_start without its block")
        }
        return events + (try blocks.open(block, data.index, &deviations))
    }

    private mutating func extendBlock(_ data: StreamData) throws(ClaudeError) -> [ClaudeEvent] {
        let events = ensureStarted()
        mayBeginAgain = false
        guard let piece = data.delta?.piece else { return events }
        return events + (try blocks.extend(data.index, by: piece, &deviations))
    }

    private mutating func ensureStarted() -> [ClaudeEvent] {
        guard phase == .waiting else { return [] }
        note(.missingStart)
        return begin(MessageData())
    }

    private mutating func update(_ data: StreamData) -> [ClaudeEvent] {
        let events = ensureStarted()
        if let name = data.delta?.stopReason ?? data.message.stopReason {
            stopReason = StopReason(name)
        }
        overwriteUsage(data.message.usage)
        return events + [.usage(usage)]
    }

    private mutating func overwriteUsage(_ data: UsageData?) {
        if data?.isOdd == true { note(.usage) }
        usage.overwrite(with: data)
    }

    private mutating func complete() throws(ClaudeError) -> [ClaudeEvent] {
        var events = ensureStarted()
        if blocks.isEmpty { events += try takeContent(startContent) }
        let wasCut = stopReason == .maximumTokens || stopReason == .contextWindowExceeded
        let content = blocks.closed(wasCut: wasCut, &deviations)
        if stopReason == nil { stopReason = try inferredStopReason(content) }
        let message = AssistantMessage(
            id: id, model: model, content: content, stopReason: stopReason ?? .endTurn,
            usage: usage)
        phase = .over
        return events + [.completed(message)]
    }

    private mutating func inferredStopReason(
        _ content: [ContentBlock]
    ) throws(ClaudeError) -> StopReason {
        guard !content.isEmpty else {
            throw .garbled("it ended without content and without a reason")
        }
        note(.missingStopReason)
        let usesTools = content.contains { if case .toolUse = $0 { true } else { false } }
        return usesTools ? .toolUse : .endTurn
    }
}
