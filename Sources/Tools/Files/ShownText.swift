/// Turns bytes of a file or a program into text for a model and for people.
enum ShownText {
    /// UTF-8 with what is none, and runs of control characters other than tab and line ends,
    /// replaced by U+FFFD: nothing in it can act on a terminal or break a parser.
    static func clean(_ bytes: some Collection<UInt8>) -> String {
        guard bytes.contains(where: isControl) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        // Each run of them is one mark: a flood of NUL bytes doesn't become three times as long.
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        var wasControl = false
        for byte in bytes {
            let isControl = isControl(byte)
            if !isControl { shown.append(byte) } else if !wasControl { shown += mark }
            wasControl = isControl
        }
        return String(decoding: shown, as: UTF8.self)
    }

    /// U+FFFD.
    private static let mark: [UInt8] = [0xEF, 0xBF, 0xBD]

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
    }
}

extension Collection<UInt8> {
    /// Whether all of it is UTF-8.
    var isValidUTF8: Bool { String(validating: self, as: UTF8.self) != nil }
}
