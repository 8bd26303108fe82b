/// One pass over the bytes before jansson sees them, for the two things that it lets through.
///
/// Nesting: jansson parses by recursion up to 2048 levels. A raw zero byte, which no JSON text
/// holds: jansson 2.14 skips it behind a number or a word (`[1<NUL>,2]` parses). The scan knows only
/// strings and brackets, which is enough: up to the first byte that breaks JSON's grammar its count
/// is exact, and behind that byte the parser reads nothing.
enum Scan {
    /// Finds the first place where the text must not be parsed; `nil` where there is none.
    ///
    /// - Complexity: linear in the bytes, constant memory.
    static func failure(in bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> JSONError? {
        var depth = 0
        var insideString = false
        var isEscaped = false
        for index in bytes.indices {
            let byte = unsafe bytes[index]
            if byte == 0 { return unsafe error(.syntax, at: index, in: bytes) }
            if insideString {
                if !isEscaped, byte == UInt8(ascii: "\"") { insideString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): insideString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if depth > maximumDepth { return unsafe error(.tooDeep, at: index, in: bytes) }
        }
        return nil
    }

    /// Counts lines, and characters in the last of them.
    private static func error(
        _ reason: JSONError.Reason, at position: Int, in bytes: UnsafeRawBufferPointer
    ) -> JSONError {
        var line = 1
        var column = 1
        for index in 0..<position {
            let byte = unsafe bytes[index]
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONError(reason: reason, line: line, column: column, position: position)
    }
}
