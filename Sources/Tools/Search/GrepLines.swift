/// What ripgrep wrote with `--null` and, for contents, `-n`: as lines for the model.
struct GrepLines {
    private(set) var all: [[UInt8]] = []
    /// Files whose names can't be shown.
    var unshownFiles: Int { unshown.count }
    private var unshown: Set<[UInt8]> = []
    private let input: GrepInput

    init(_ bytes: [UInt8], _ input: GrepInput) {
        self.input = input
        var rest = bytes[...]
        while !rest.isEmpty {
            if let name = Self.takeName(&rest) {
                take(name, &rest)
            } else {
                // Between groups of lines, or a sentence about a binary file.
                all.append(Array(Self.takeLine(&rest)))
            }
        }
        while all.last == Self.gap { all.removeLast() }
    }

    private static let gap = Array("--".utf8)

    private mutating func take(_ name: ArraySlice<UInt8>, _ rest: inout ArraySlice<UInt8>) {
        let isShown = FileName.canBeShown(name)
        if !isShown { unshown.insert(Array(name)) }
        let line: [UInt8]
        switch input.outputMode {
        case .filesWithMatches: line = Array(name)
        case .count: line = Array(name) + [UInt8(ascii: ":")] + Self.takeLine(&rest)
        case .content: line = Array(name) + content(Self.takeLine(&rest))
        }
        if isShown { all.append(line) }
    }

    /// `12:text` for a match, `12-text` beside one.
    private func content(_ line: ArraySlice<UInt8>) -> [UInt8] {
        let number = line.prefix { (0x30...0x39).contains($0) }
        guard let sign = line.dropFirst(number.count).first else { return Array(line) }
        return [sign] + (input.showsLineNumbers ? line : line[(number.endIndex + 1)...])
    }

    /// Up to the NUL that ends it; nil where a line has none.
    private static func takeName(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.starts(with: "./".utf8), let end = rest.firstIndex(of: 0) else { return nil }
        // A name may hold a line feed; a sentence ends in one.
        let line = rest.prefix { $0 != 0x0A }
        guard line.endIndex > end || !isSentence(line) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end].dropFirst(2)
    }

    private static func isSentence(_ line: ArraySlice<UInt8>) -> Bool {
        [": binary file matches (found", ": WARNING: stopped searching binary file"].contains {
            Occurrences.first(Array($0.utf8), in: Array(line), from: 0) != nil
        }
    }

    /// Without its end.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let line = rest.prefix { $0 != 0x0A }
        rest = rest[line.endIndex...].dropFirst()
        let text = line.last == 0x0D ? line.dropLast() : line
        return text.starts(with: "./".utf8) ? text.dropFirst(2) : text
    }
}
