/// Reads JSON as peers write it, not as they should: only what is asked for, the rest is passed over.
///
/// For bytes of a peer whose faults must not cost more than they lose: a number of any size, half a
/// surrogate pair, a key twice (the later counts), `NaN`, a raw control character, invalid UTF-8 and
/// what follows the value are no errors here. What it makes is valid: texts are Unicode, numbers
/// finite, keys differ and hold no NUL. Linear in the bytes, and passing over costs no stack.
public struct JSONReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    /// Members from which on duplicates are looked for by hashing.
    private static let linearMembers = 16

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index += 3 }
    }

    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Whether nothing but white space is left.
    public var isAtEnd: Bool {
        bytes[min(index, bytes.endIndex)...].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    /// Calls `take` with each member's key, standing at its value; what it leaves there is passed
    /// over, and so is a value that is no object.
    public mutating func readObject(
        _ take: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try peek() == UInt8(ascii: "{") else { return try skip() }
        index += 1
        while try next(before: UInt8(ascii: "}")) {
            let key = try readKey()
            guard try peek() == UInt8(ascii: ":") else { throw error(.syntax) }
            index += 1
            _ = try peek()
            let start = index
            try take(key, &self)
            if index == start { try skip() }
        }
    }

    /// Calls `take` at each element; what it leaves there is passed over.
    public mutating func readArray(
        _ take: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try peek() == UInt8(ascii: "[") else { return try skip() }
        index += 1
        while try next(before: UInt8(ascii: "]")) {
            _ = try peek()
            let start = index
            try take(&self)
            if index == start { try skip() }
        }
    }

    /// The string that stands here; nil where something else does, which is passed over.
    public mutating func readText() throws(JSONError) -> JSONText? {
        guard try peek() == UInt8(ascii: "\"") else {
            try skip()
            return nil
        }
        return try string()
    }

    /// The value that stands here, as its bytes.
    public mutating func readRaw() throws(JSONError) -> ArraySlice<UInt8> {
        _ = try peek()
        let start = index
        try skip()
        return bytes[start..<index]
    }

    /// The value that stands here; throws where it is nested more deeply.
    public mutating func readValue(
        maximumDepth: Int = JSON.defaultMaximumDepth
    ) throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(maximumDepth))
        case UInt8(ascii: "["):
            guard maximumDepth > 0 else { throw error(.tooDeep) }
            var elements: [JSONValue] = []
            try readArray { reader throws(JSONError) in
                elements.append(try reader.readValue(maximumDepth: maximumDepth - 1))
            }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string().whole)
        default: return try scalar()
        }
    }

    /// Passes over the value that stands here.
    public mutating func skip() throws(JSONError) {
        var depth = 0
        repeat {
            switch try peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { throw error(.syntax) }
                depth -= 1
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw error(.syntax) }
                index += 1
            case UInt8(ascii: "\""): try skipString()
            default: try skipWord()
            }
        } while depth > 0
    }
}

// MARK: - Parts

extension JSONReader {
    private mutating func object(_ maximumDepth: Int) throws(JSONError) -> JSONObject {
        guard maximumDepth > 0 else { throw error(.tooDeep) }
        var members: [(key: String, value: JSONValue)] = []
        var places: [[UInt8]: Int] = [:]
        try readObject { key, reader throws(JSONError) in
            let value = try reader.readValue(maximumDepth: maximumDepth - 1)
            if let place = Self.place(of: key, in: members, &places) {
                members[place].value = value
            } else {
                members.append((key, value))
            }
        }
        return JSONObject(uniqueMembers: members)
    }

    /// By bytes, as ``JSONObject`` compares keys.
    private static func place(
        of key: String, in members: [(key: String, value: JSONValue)],
        _ places: inout [[UInt8]: Int]
    ) -> Int? {
        guard members.count >= linearMembers else {
            return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
        }
        for index in places.count..<members.count { places[Array(members[index].key.utf8)] = index }
        return places[Array(key.utf8)]
    }

    private mutating func readKey() throws(JSONError) -> String {
        guard try peek() == UInt8(ascii: "\"") else { throw error(.syntax) }
        let key = try string().whole
        guard key.utf8.contains(0) else { return key }
        let scalars = key.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Whether an element follows; steps over a comma in front of it and over the end.
    private mutating func next(before end: UInt8) throws(JSONError) -> Bool {
        while try peek() == UInt8(ascii: ",") { index += 1 }
        guard try peek() == end else { return true }
        index += 1
        return false
    }

    private mutating func scalar() throws(JSONError) -> JSONValue {
        let start = index
        try skipWord()
        switch String(decoding: bytes[start..<index], as: UTF8.self) {
        case "true": return true
        case "false": return false
        case "null", "NaN", "Infinity", "-Infinity": return nil
        case let word:
            if let integer = Int64(word) { return .integer(integer) }
            guard let number = Double(word), !number.isNaN else { throw error(.syntax) }
            let largest = Double.greatestFiniteMagnitude
            return .double(min(max(number, -largest), largest))
        }
    }

    /// The next byte that is no white space.
    private mutating func peek() throws(JSONError) -> UInt8 {
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case let byte: return byte
            }
        }
        throw error(.truncated)
    }

    private mutating func skipWord() throws(JSONError) {
        let start = index
        while index < bytes.endIndex, bytes[index].isPartOfWord { index += 1 }
        if index == start { throw error(.syntax) }
    }

    private mutating func skipString() throws(JSONError) {
        index += 1
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw error(.truncated)
    }

    private mutating func string() throws(JSONError) -> JSONText {
        let start = index + 1
        try skipString()
        return JSONText(escaped: bytes[start..<(index - 1)])
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        let position = min(index, bytes.endIndex) - bytes.startIndex
        return JSONError(reason: reason, line: 1, column: position, position: position)
    }
}

extension UInt8 {
    /// Of a number or a word such as `true`.
    fileprivate var isPartOfWord: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
