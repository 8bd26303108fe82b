import JSON

/// One answer of the model before it is performed: what it says, why it stops, what goes wrong.
struct Scene: Equatable {
    enum Block: Equatable {
        case text(Text)
        case thinking(String)
        case toolUse(name: String, input: JSONObject)
        /// Only the beginning of the input's text is sent.
        case cutToolUse(name: String, partialInput: String)
    }

    enum Text: Equatable {
        case words(String)
        /// "tok0 tok1 …": as long as is wanted without being held in memory.
        case counted(tokens: Int)
        /// The wall clock's milliseconds, read as each token is sent.
        case clock(tokens: Int)
    }

    enum Mishap: Equatable {
        case silence, drop, error, unknownEvents, splitCharacters
    }

    var blocks: [Block]
    var stopReason: String
    var mishap: Mishap?

    init(_ blocks: [Block], stopReason: String? = nil, mishap: Mishap? = nil) {
        self.blocks = blocks
        let usesTools = blocks.contains { block in
            switch block {
            case .toolUse, .cutToolUse: true
            case .text, .thinking: false
            }
        }
        self.stopReason = stopReason ?? (usesTools ? "tool_use" : "end_turn")
        self.mishap = mishap
    }

    static func says(_ text: String, _ mishap: Mishap? = nil) -> Scene {
        Scene([.text(.words(text))], mishap: mishap)
    }
}

extension Scene.Text {
    var tokenCount: Int {
        switch self {
        case .words(let text): Self.pieces(text).count
        case .counted(let tokens), .clock(let tokens): tokens
        }
    }

    /// Words, each with the space before it.
    static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in text {
            if character == " " && !piece.isEmpty {
                pieces.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }
}
