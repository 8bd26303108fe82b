/// Cuts a stream of bytes into texts that never split a character.
package struct UTF8Pieces {
    private var rest: [UInt8] = []

    package init() {}

    /// The text that is complete now; may be empty.
    package mutating func append(_ bytes: ArraySlice<UInt8>) -> String {
        rest += bytes
        let whole = rest.dropLast(Self.incompleteTail(rest[...]))
        defer { rest.removeFirst(whole.count) }
        return ShownText.clean(whole)
    }

    /// What is left at the end: half a character, shown as one that is none.
    package mutating func finish() -> String {
        defer { rest = [] }
        return ShownText.clean(rest)
    }

    /// How many bytes at the end begin a character that is not complete.
    static func incompleteTail(_ bytes: ArraySlice<UInt8>) -> Int {
        for (distance, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
            let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF8 ? 4 : 1
            return length > distance + 1 ? distance + 1 : 0
        }
        return 0
    }
}
