import JSON

/// What a connection does next for a stream.
enum PerformanceStep: Equatable {
    case event([UInt8])
    case pause(Duration)
    /// Nothing more, and the connection stays.
    case silence
    /// The connection ends without the stream's end.
    case drop
    case end
}

/// Plays one scene as the events of a stream, one step at a time, so that a long one needs no more
/// memory than a short one.
struct Performance: IteratorProtocol {
    /// Of the answer's head.
    let headers: [(String, String)]
    private let scene: Scene
    private let pace: Duration
    private var text: EventText
    private var pending: [PerformanceStep] = []
    private var position = Position.start
    private var sentTokens = 0

    private enum Position {
        case start
        case block(Int)
        case within(Int, Pieces)
        case finish
        case over
    }

    init(_ scene: Scene, text: EventText, headers: [(String, String)], pace: Duration) {
        self.scene = scene
        self.text = text
        self.headers = headers
        self.pace = pace
    }

    mutating func next() -> PerformanceStep? {
        while pending.isEmpty {
            switch position {
            case .start:
                emit(text.messageStart)
                position = .block(0)
            case .block(let index): startBlock(index)
            case .within(let index, let pieces): continueBlock(index, pieces)
            case .finish:
                emit(text.messageDelta(stopReason: scene.stopReason, outputTokens: sentTokens))
                emit(text.messageStop)
                pending.append(.end)
                position = .over
            case .over: return nil
            }
        }
        return pending.removeFirst()
    }

    private mutating func startBlock(_ index: Int) {
        guard index < scene.blocks.count else {
            position = .finish
            return
        }
        emit(text.blockStart(scene.blocks[index], index))
        if index == 0 { emit(text.ping) }
        position = .within(index, Pieces(scene.blocks[index]))
    }

    private mutating func continueBlock(_ index: Int, _ pieces: Pieces) {
        var pieces = pieces
        guard let piece = pieces.next() else {
            for delta in text.closingDeltas(scene.blocks[index], index) { emit(delta) }
            emit(text.blockStop(index))
            position = .block(index + 1)
            return
        }
        emit(text.delta(scene.blocks[index], piece, index))
        sentTokens += 1
        if pace > .zero { pending.append(.pause(pace)) }
        position = .within(index, pieces)
        if sentTokens == 3, let mishap = scene.mishap { suffer(mishap, index) }
    }

    private mutating func suffer(_ mishap: Scene.Mishap, _ index: Int) {
        switch mishap {
        case .silence: stop(with: .silence)
        case .drop: stop(with: .drop)
        case .error:
            emit(text.overloaded)
            stop(with: .end)
        case .unknownEvents: for event in text.unknownEvents(index) { emit(event) }
        case .splitCharacters: break
        }
    }

    private mutating func stop(with step: PerformanceStep) {
        pending.append(step)
        position = .over
    }

    private mutating func emit(_ event: [UInt8]) {
        guard scene.mishap == .splitCharacters,
            let middle = event.firstIndex(where: { $0 >= 0xC0 })
        else {
            pending.append(.event(event))
            return
        }
        // The pause makes two packets of it.
        pending += [
            .event(Array(event[...middle])), .pause(.milliseconds(2)),
            .event(Array(event[(middle + 1)...])),
        ]
    }
}
