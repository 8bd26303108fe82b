/// How a line of a text file ends; a file may mix them.
///
/// A carriage return counts wherever no line feed follows, so that Read, Grep and Edit number and
/// cut lines alike, whatever system a file comes from.
enum LineEnd: CaseIterable, Sendable {
    case lineFeed, both, carriageReturn

    var bytes: [UInt8] {
        switch self {
        case .lineFeed: [0x0A]
        case .both: [0x0D, 0x0A]
        case .carriageReturn: [0x0D]
        }
    }

    /// The end that begins at `index`, if one does.
    init?(_ bytes: ArraySlice<UInt8>, at index: Int) {
        switch bytes[index] {
        case 0x0A: self = .lineFeed
        case 0x0D where index + 1 < bytes.endIndex && bytes[index + 1] == 0x0A: self = .both
        case 0x0D: self = .carriageReturn
        default: return nil
        }
    }

    /// Every line's end, in order; linear.
    static func forEach(in bytes: ArraySlice<UInt8>, _ body: (LineEnd) -> Void) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let end = LineEnd(bytes, at: index) else {
                index += 1
                continue
            }
            body(end)
            index += end.bytes.count
        }
    }

    /// How many lines end in each way.
    static func counts(in bytes: ArraySlice<UInt8>) -> [LineEnd: Int] {
        var (feeds, both, returns) = (0, 0, 0)
        forEach(in: bytes) { end in
            switch end {
            case .lineFeed: feeds += 1
            case .both: both += 1
            case .carriageReturn: returns += 1
            }
        }
        return [.lineFeed: feeds, .both: both, .carriageReturn: returns]
    }

    /// `text` with each line feed put as `ends` say, the last of them for all that follow.
    static func put(_ ends: [LineEnd], into text: [UInt8]) -> [UInt8] {
        var rest = ends[...]
        var last = LineEnd.lineFeed
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            guard byte == 0x0A else {
                result.append(byte)
                continue
            }
            last = rest.popFirst() ?? last
            result += last.bytes
        }
        return result
    }
}

/// The lines of a file without their ends, in order; what follows the last end is a line only if
/// it isn't empty.
struct FileLines: Sequence, IteratorProtocol {
    private let bytes: ArraySlice<UInt8>
    private var start: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        start = bytes.startIndex
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard start < bytes.endIndex else { return nil }
        var index = start
        while index < bytes.endIndex, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
        defer {
            let end = index < bytes.endIndex ? LineEnd(bytes, at: index) : nil
            start = index + (end?.bytes.count ?? 0)
        }
        return bytes[start..<index]
    }
}
