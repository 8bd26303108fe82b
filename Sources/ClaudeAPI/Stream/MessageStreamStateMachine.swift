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
    /// Of an answer's texts and inputs, as JSON: 3 MiB, some six times the longest answer there is,
    /// so that the transcript's entry (4 MiB) holds it.
    public static let maximumContentBytes = 3 * 1024 * 1024
    /// Blocks of one answer: a thousand tools and their texts leave it half empty.
    public static let maximumBlocks = 4_000
    /// The newest blocks among which one is looked for that a wrong number does not name.
    private static let searchedBlocks = 16

    private enum Phase { case waiting, open, over }

    private struct Slot {
        var block: OpenBlock
        var isOpen = true
    }

    private var phase = Phase.waiting
    private var id = ""
    private var model = ""
    private var usage = Usage()
    private var stopReason: StopReason?
    /// In the order in which they began, which is the content's.
    private var slots: [Slot] = []
    /// The newest slot of each number that the stream gave.
    private var places: [Int?: Int] = [:]
    /// Of a message that began with its content.
    private var startContent: [BlockData] = []
    /// Another message began; where its first block follows, it replaces what came before.
    private var mayBeginAgain = false
    private var receivedBytes = 0
    private var contentBytes = 0
    private let maximumBytes: Int
    private var noted: Set<Deviation> = []
    private var untold: [Deviation] = []

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
        guard receivedBytes <= maximumBytes else {
            throw fail(.tooLarge(maximumBytes: maximumBytes))
        }
        let events = try take(event)
        defer { untold = [] }
        return untold.map(ClaudeEvent.tolerated) + events
    }

    /// The connection has ended; throws where the answer was not complete.
    public mutating func streamEnded() throws(ClaudeError) -> [ClaudeEvent] {
        guard phase != .over else { return [] }
        guard isEnding else { throw fail(.dropped) }
        note(.missingStop)
        let events = try complete()
        defer { untold = [] }
        return untold.map(ClaudeEvent.tolerated) + events
    }

    mutating func note(_ deviation: Deviation) {
        if noted.insert(deviation).inserted { untold.append(deviation) }
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
            throw fail(.garbled("the data of \(event.name): \(error)"))
        }
        guard let kind = kind(of: event, data) else { return [] }
        progress += 1
        switch kind {
        case "message_start": return try start(data.message)
        case "message": return try takeWhole(data.message)
        case "content_block_start": return try startBlock(data)
        case "content_block_delta": return try extendBlock(data)
        case "content_block_stop": return endBlock(data.index)
        case "message_delta": return update(data)
        case "message_stop": return try complete()
        default: throw fail(.api(APIError(streamed: data.error)))
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
        if isEnding, !slots.isEmpty { return try complete() }
        mayBeginAgain = message.id != nil && message.id != id
        overwriteUsage(message.usage)
        return [.usage(usage)]
    }

    /// A message that did not come in pieces.
    private mutating func takeWhole(_ message: MessageData) throws(ClaudeError) -> [ClaudeEvent] {
        note(.wholeMessage)
        var events = phase == .waiting ? begin(message) : []
        startContent = []
        if slots.isEmpty { events += try takeContent(message.content) }
        overwriteUsage(message.usage)
        if let name = message.stopReason { stopReason = StopReason(name) }
        return events + (try complete())
    }

    private mutating func takeContent(_ blocks: [BlockData]) throws(ClaudeError) -> [ClaudeEvent] {
        var events: [ClaudeEvent] = []
        for block in blocks {
            events += try open(block, number: slots.count)
            events += endBlock(slots.count - 1)
        }
        return events
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
        if slots.isEmpty { events += try takeContent(startContent) }
        let wasCut = stopReason == .maximumTokens || stopReason == .contextWindowExceeded
        // A server that cuts an answer may leave its last block open.
        if slots.contains(where: \.isOpen), !wasCut { note(.blockEnd) }
        var content: [ContentBlock] = []
        for slot in slots {
            content.append(slot.block.closed())
            for deviation in slot.block.deviations(content[content.count - 1]) { note(deviation) }
        }
        if wasCut { content.markCutTool(hadInput: slots.last?.block.hasInputText == true) }
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
            throw fail(.garbled("it ended without content and without a reason"))
        }
        note(.missingStopReason)
        let usesTools = content.contains { if case .toolUse = $0 { true } else { false } }
        return usesTools ? .toolUse : .endTurn
    }

    private mutating func fail(_ error: ClaudeError) -> ClaudeError {
        phase = .over
        return error
    }
}

// MARK: - Its blocks

extension MessageStreamStateMachine {
    private mutating func startBlock(_ data: StreamData) throws(ClaudeError) -> [ClaudeEvent] {
        let events = ensureStarted()
        if mayBeginAgain, data.index == 0 { (slots, places, contentBytes) = ([], [:], 0) }
        mayBeginAgain = false
        if data.index != slots.count { note(.blockOrder) }
        if let place = places[data.index], slots[place].isOpen {
            note(.blockEnd)
            slots[place].isOpen = false
        }
        guard let block = data.block else {
            throw fail(.garbled("a content_block_start without its block"))
        }
        return events + (try open(block, number: data.index))
    }

    private mutating func open(
        _ block: BlockData, number: Int?
    ) throws(ClaudeError) -> [ClaudeEvent] {
        guard slots.count < Self.maximumBlocks else {
            throw fail(.garbled("it has more than \(Self.maximumBlocks) blocks"))
        }
        try count(block.raw)
        return place(OpenBlock(block), number: number)
    }

    private mutating func place(_ block: OpenBlock, number: Int?) -> [ClaudeEvent] {
        places[number] = slots.count
        slots.append(Slot(block: block))
        return block.opening(slots.count - 1).map { [$0] } ?? []
    }

    private mutating func extendBlock(_ data: StreamData) throws(ClaudeError) -> [ClaudeEvent] {
        var events = ensureStarted()
        mayBeginAgain = false
        guard let piece = data.delta?.piece else { return events }
        try count(piece.bytes)
        let place: Int
        if let known = places[data.index], slots[known].block.takes(piece) {
            if !slots[known].isOpen { note(.blockEnd) }
            place = known
        } else if places[data.index] != nil, !piece.isOfItsOwn {
            return events
        } else if let fitting = slots.suffix(Self.searchedBlocks).lastIndex(where: {
            $0.isOpen && $0.block.takes(piece)
        }) {
            note(.blockOrder)
            place = fitting
        } else if slots.count < Self.maximumBlocks, let implied = OpenBlock(impliedBy: piece) {
            note(.blockOrder)
            events += self.place(implied, number: data.index)
            place = slots.count - 1
        } else {
            throw fail(.garbled("a content_block_delta of no block"))
        }
        if let event = slots[place].block.append(piece, place) { events.append(event) }
        return events
    }

    private mutating func endBlock(_ number: Int?) -> [ClaudeEvent] {
        let newest = slots.suffix(Self.searchedBlocks).lastIndex(where: \.isOpen)
        guard let place = places[number] ?? newest, slots[place].isOpen else {
            note(.blockEnd)
            return ensureStarted()
        }
        slots[place].isOpen = false
        return [.blockEnded(slots[place].block.closed(), block: place)]
    }

    private mutating func count(_ bytes: some Sequence<UInt8>) throws(ClaudeError) {
        contentBytes += bytes.reduce(0) { $0 + $1.jsonBytes }
        guard contentBytes <= Self.maximumContentBytes else {
            throw fail(.tooLarge(maximumBytes: Self.maximumContentBytes))
        }
    }
}

extension [ContentBlock] {
    /// The last block of an answer that hit a limit may be a tool whose input is only begun.
    fileprivate mutating func markCutTool(hadInput: Bool) {
        guard case .toolUse(let use)? = last else { return }
        let text: String
        switch use.input {
        case .invalid(let partial): text = partial
        case .complete(let object) where !hadInput && object.isEmpty: text = ""
        default: return
        }
        self[count - 1] = .toolUse(ToolUse(id: use.id, name: use.name, input: .cut(text)))
    }
}

extension DeltaData.Piece {
    fileprivate var bytes: String.UTF8View {
        switch self {
        case .text(let text), .thinking(let text), .input(let text): text.whole.utf8
        case .signature(let text): text.utf8
        }
    }

    /// Whether it would be missed: a signature belongs to thinking, and to nothing else.
    fileprivate var isOfItsOwn: Bool {
        if case .signature = self { false } else { true }
    }
}

extension UInt8 {
    /// Of this byte of a text within JSON.
    fileprivate var jsonBytes: Int {
        switch self {
        case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
        case 0..<0x20, 0x7F: 6
        default: 1
        }
    }
}
