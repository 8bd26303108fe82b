import JSON

/// A block of the answer that is still being written.
struct OpenBlock: Sendable {
    private enum Kind: Sendable {
        case text, thinking, redactedThinking, toolUse
        case other
    }

    private let kind: Kind
    private let id: String?
    private let name: String?
    private let data: String?
    private let startInput: ArraySlice<UInt8>?
    /// As `content_block_start` gave it, where nothing here knows its type.
    private let raw: ArraySlice<UInt8>
    private var text = JoinedText()
    private var signature: String
    private var input = JoinedText()

    /// As `content_block_start` gives it; without a type its fields say what it is.
    init(_ start: BlockData) {
        kind = Self.kind(of: start)
        id = start.id
        name = start.name
        data = start.data
        startInput = start.input
        raw = kind == .other ? start.raw : []
        signature = start.signature ?? ""
        let beginning = kind == .thinking ? start.thinking : kind == .text ? start.text : nil
        if let beginning { _ = text.append(beginning) }
    }

    /// The block that a piece belongs to whose block never began; none for a tool without a name.
    init?(impliedBy piece: DeltaData.Piece) {
        switch piece {
        case .text: self.init(BlockData(type: "text"))
        case .thinking, .signature: self.init(BlockData(type: "thinking"))
        case .input: return nil
        }
    }

    private static func kind(of start: BlockData) -> Kind {
        switch start.type {
        case "text": .text
        case "thinking": .thinking
        case "redacted_thinking": .redactedThinking
        case "tool_use": .toolUse
        case nil where start.name != nil: .toolUse
        case nil where start.thinking != nil: .thinking
        case nil where start.text != nil: .text
        default: .other
        }
    }

    /// What the caller hears of the beginning; nothing where the block is still empty.
    func opening(_ index: Int) -> ClaudeEvent? {
        switch kind {
        case .text: text.text.isEmpty ? nil : .text(text.text, block: index)
        case .thinking: text.text.isEmpty ? nil : .thinking(text.text, block: index)
        case .toolUse: .toolStarted(id: use(.complete([:])).id, name: name ?? "", block: index)
        case .redactedThinking, .other: nil
        }
    }

    /// Whether the piece is one of this kind of block.
    func takes(_ piece: DeltaData.Piece) -> Bool {
        switch (piece, kind) {
        case (.text, .text), (.thinking, .thinking), (.signature, .thinking), (.input, .toolUse),
            (.input, .other):
            true
        default: false
        }
    }

    /// Takes one piece; one that is not this block's is ignored.
    mutating func append(_ piece: DeltaData.Piece, _ index: Int) -> ClaudeEvent? {
        guard takes(piece) else { return nil }
        switch piece {
        case .text(let piece):
            let known = text.append(piece)
            return known.isEmpty ? nil : .text(known, block: index)
        case .thinking(let piece):
            let known = text.append(piece)
            return known.isEmpty ? nil : .thinking(known, block: index)
        case .signature(let piece):
            signature += piece
            return nil
        case .input(let piece):
            let known = input.append(piece)
            return known.isEmpty || kind != .toolUse ? nil : .toolInput(known, block: index)
        }
    }

    /// The block as far as it came.
    func closed() -> ContentBlock {
        switch kind {
        case .text: .text(text.whole)
        case .thinking: .thinking(text.whole, signature: signature)
        case .redactedThinking: .redactedThinking(data: data ?? "")
        case .toolUse: .toolUse(use(ToolInput(text: input.whole, start: startInput)))
        case .other: other
        }
    }

    private func use(_ input: ToolInput) -> ToolUse {
        ToolUse(id: id ?? "", name: name ?? "", input: input)
    }

    private var other: ContentBlock {
        var reader = JSONReader(raw)
        // What cannot be kept has no type, and is dropped with those that nobody knows.
        guard case .object(var block)? = try? reader.readValue(maximumDepth: ToolInput.maximumDepth)
        else { return .other([:]) }
        if !input.isEmpty, case .complete(let object) = ToolInput(text: input.whole, start: nil) {
            block["input"] = .object(object)
        }
        return .other(block)
    }

    /// Whether pieces of a tool's input came; without, an answer that was cut never began it.
    var hasInputText: Bool { !input.isEmpty }

    /// How the block strays, once it is closed.
    func deviations(_ closed: ContentBlock) -> [Deviation] {
        var found: [Deviation] = []
        if text.hasJoined || input.hasJoined { found.append(.splitCharacter) }
        if case .toolUse(let use) = closed {
            if use.name != name { found.append(.toolName) }
            if use.id != id { found.append(.toolID) }
            if case .complete(let object) = use.input, input.isEmpty, !object.isEmpty {
                found.append(.toolInput)
            }
        } else if !closed.isReplayable, kind != .text {
            found.append(.droppedBlock)
        }
        return found
    }
}

extension ToolInput {
    /// From the pieces of its JSON, or, where none came, from what the block began with.
    ///
    /// Gateways are known to write an empty object in front of the real one, and to encode an object
    /// twice.
    init(text: String, start: ArraySlice<UInt8>?) {
        let isBlank = text.utf8.allSatisfy { $0 <= 0x20 }
        let started = start.flatMap { Self.object($0) }
        if isBlank {
            let isNothing = start.map { $0.isEmpty || $0.elementsEqual("null".utf8) } ?? true
            let given = start.map { String(decoding: $0, as: UTF8.self) } ?? ""
            self = started.map { .complete($0) } ?? (isNothing ? .complete([:]) : .invalid(given))
        } else if let object = Self.object(Array(text.utf8)[...]) {
            self = .complete(object)
        } else if let started, !started.isEmpty {
            self = .complete(started)
        } else {
            self = .invalid(text)
        }
    }

    /// Nil where the bytes are no object, or more than one that says something.
    private static func object(_ bytes: ArraySlice<UInt8>, isInner: Bool = false) -> JSONObject? {
        var reader = JSONReader(bytes)
        repeat {
            // What is no JSON, or is nested too deeply, is an outcome here, not a fault.
            switch try? reader.readValue(maximumDepth: maximumDepth) {
            case .object(let object)?:
                if reader.isAtEnd { return object }
                guard object.isEmpty else { return nil }
            case .string(let text)? where !isInner && reader.isAtEnd:
                return object(Array(text.utf8)[...], isInner: true)
            default: return nil
            }
        } while !reader.isAtEnd
        return nil
    }
}
