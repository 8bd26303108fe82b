import JSON

/// The blocks of one answer as they are written, by the numbers that the stream gives them.
///
/// Numbers may be wrong where the piece itself says which block it is of; a piece that is of no
/// block, and would be missed, is an error.
package struct AnswerBlocks: Sendable {
    /// Of an answer's texts and inputs, as JSON: 3 MiB, some six times the longest answer there is,
    /// so that the transcript's entry (4 MiB) holds it.
    package static let maximumContentBytes = 3 * 1024 * 1024
    /// Blocks of one answer: a thousand tools and their texts leave it half empty.
    package static let maximumBlocks = 4_000
    /// The newest blocks among which one is looked for that a wrong number does not name.
    private static let searchedBlocks = 16

    private struct Slot {
        var block: OpenBlock
        var isOpen = true
    }

    /// In the order in which they began, which is the content's.
    private var slots: [Slot] = []
    /// The newest slot of each number that the stream gave.
    private var places: [Int?: Int] = [:]
    private var contentBytes = 0

    var isEmpty: Bool { slots.isEmpty }

    mutating func open(
        _ start: BlockData, _ number: Int?, _ deviations: inout DeviationNotes
    ) throws(ClaudeError) -> [ClaudeEvent] {
        if number != slots.count { deviations.note(.blockOrder) }
        if let place = places[number], slots[place].isOpen {
            deviations.note(.blockEnd)
            slots[place].isOpen = false
        }
        guard slots.count < Self.maximumBlocks else {
            throw .garbled("it has more than \(Self.maximumBlocks) blocks")
        }
        try count(start.raw)
        return append(OpenBlock(start), number)
    }

    mutating func extend(
        _ number: Int?, by piece: DeltaData.Piece, _ deviations: inout DeviationNotes
    ) throws(ClaudeError) -> [ClaudeEvent] {
        try count(piece.bytes)
        var events: [ClaudeEvent] = []
        let place: Int
        if let known = places[number], slots[known].block.takes(piece) {
            if !slots[known].isOpen { deviations.note(.blockEnd) }
            place = known
        } else if places[number] != nil, !piece.isOfItsOwn {
            return []
        } else if let fitting = newestOpen(where: { $0.takes(piece) }) {
            deviations.note(.blockOrder)
            place = fitting
        } else if slots.count < Self.maximumBlocks, let implied = OpenBlock(impliedBy: piece) {
            deviations.note(.blockOrder)
            events = append(implied, number)
            place = slots.count - 1
        } else {
            throw .garbled("a content_block_delta of no block")
        }
        if let event = slots[place].block.append(piece, place) { events.append(event) }
        return events
    }

    mutating func end(_ number: Int?, _ deviations: inout DeviationNotes) -> [ClaudeEvent] {
        guard let place = places[number] ?? newestOpen(where: { _ in true }), slots[place].isOpen
        else {
            deviations.note(.blockEnd)
            return []
        }
        slots[place].isOpen = false
        return [.blockEnded(slots[place].block.closed(), block: place)]
    }

    /// The content as far as it came.
    /// - Parameter wasCut: at a limit, by the server's word: its last block may be open.
    func closed(wasCut: Bool, _ deviations: inout DeviationNotes) -> [ContentBlock] {
        if !wasCut, slots.contains(where: \.isOpen) { deviations.note(.blockEnd) }
        var content: [ContentBlock] = []
        for slot in slots {
            let block = slot.block.closed()
            for deviation in slot.block.deviations(block) { deviations.note(deviation) }
            content.append(block)
        }
        if wasCut { content.markCutTool(hadInput: slots.last?.block.hasInputText == true) }
        return content
    }

    private mutating func append(_ block: OpenBlock, _ number: Int?) -> [ClaudeEvent] {
        places[number] = slots.count
        slots.append(Slot(block: block))
        return block.opening(slots.count - 1).map { [$0] } ?? []
    }

    private func newestOpen(where isFitting: (OpenBlock) -> Bool) -> Int? {
        slots.suffix(Self.searchedBlocks).lastIndex { $0.isOpen && isFitting($0.block) }
    }

    private mutating func count(_ bytes: some Sequence<UInt8>) throws(ClaudeError) {
        contentBytes += bytes.reduce(0) { $0 + $1.jsonBytes }
        guard contentBytes <= Self.maximumContentBytes else {
            throw .tooLarge(maximumBytes: Self.maximumContentBytes)
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
