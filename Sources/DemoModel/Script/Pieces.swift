import Glibc
import JSON

/// The deltas of one block, made as they are wanted.
struct Pieces: Sequence, IteratorProtocol {
    private var words: ArraySlice<String> = []
    private var counted = 0..<0
    private var showsClock = false

    init(_ block: Scene.Block) {
        switch block {
        case .text(.words(let text)), .thinking(let text): words = Scene.Text.pieces(text)[...]
        case .text(.counted(let tokens)): counted = 0..<tokens
        case .text(.clock(let tokens)):
            counted = 0..<tokens
            showsClock = true
        case .toolUse(_, let input): words = Self.cut(JSONValue.object(input).description)
        case .cutToolUse(_, let text): words = Self.cut(text)
        }
    }

    mutating func next() -> String? {
        if let word = words.popFirst() { return word }
        guard let number = counted.popFirst() else { return nil }
        let token = showsClock ? "\(Self.wallClockMilliseconds())" : "tok\(number)"
        return number == 0 ? token : " \(token)"
    }

    /// An empty piece first, as the real endpoint sends it, then a few characters each.
    private static func cut(_ text: String) -> ArraySlice<String> {
        var pieces = [""]
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(12)))
            rest = rest.dropFirst(12)
        }
        return pieces[...]
    }

    private static func wallClockMilliseconds() -> Int {
        var time = timespec()
        // Cannot fail: the clock exists and the pointer is valid (clock_gettime(2)).
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
