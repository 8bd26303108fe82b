import JSON
import Testing

private func parse(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

private func reason(_ bytes: [UInt8], depth: Int = 64) -> JSONError.Reason? {
    do {
        _ = try JSONValue(parsing: bytes, maximumDepth: depth)
        return nil
    } catch {
        return error.reason
    }
}

private func reason(_ text: String, depth: Int = 64) -> JSONError.Reason? {
    reason(Array(text.utf8), depth: depth)
}

@Suite struct ParsingTests {
    @Test func `every kind of value keeps its type`() throws {
        let value = try parse(#" {"n":null,"b":true,"i":1,"d":1.0,"s":"é\n","a":[-2,{}],"o":{}} "#)
        let expected: JSONValue = [
            "n": nil, "b": true, "i": 1, "d": 1.0, "s": "é\n", "a": [-2, [:]], "o": [:],
        ]
        #expect(value == expected)
        #expect(value["i"]?.integerValue == 1)
        #expect(value["i"]?.doubleValue == 1)
        #expect(value["d"]?.integerValue == nil)
        #expect(value["n"]?.isNull == true)
        #expect(value["missing"] == nil)
        #expect(value.objectValue?.keys == ["n", "b", "i", "d", "s", "a", "o"])
    }

    @Test(arguments: ["1", #""x""#, "null", "false", "[]", "-0.5e-3"])
    func `any value may stand at the top`(text: String) {
        #expect(reason(text) == nil)
    }

    @Test(arguments: ["", " ", "{", #"{"a""#, #"{"a":"#, #"{"a":1"#, "[1,", #""abc"#, "tru", "[1"])
    func `a truncated text is refused`(text: String) {
        #expect(reason(text) == .truncated || reason(text) == .syntax)
    }

    @Test(arguments: ["{} x", "1 2", "[]]", "{},"])
    func `bytes behind the value are refused`(text: String) {
        #expect(reason(text) == .trailingBytes)
    }

    @Test(arguments: ["01", "+1", "1.", ".5", "NaN", "Infinity", "'a'", "{a:1}", "[1,]", "// c\n1"])
    func `what only other dialects allow is refused`(text: String) {
        #expect(reason(text) != nil)
    }

    @Test func `a key twice in one object is refused at any depth`() {
        #expect(reason(#"{"a":1,"a":1}"#) == .duplicateKey)
        #expect(reason(#"[{"b":{"a":1,"\u0061":2}}]"#) == .duplicateKey)
        #expect(reason(#"[{"a":1},{"a":1}]"#) == nil)
    }

    @Test func `nesting over the limit is refused for arrays and objects alike`() {
        let arrays = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let objects =
            String(repeating: #"{"a":"#, count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(reason(arrays) == .tooDeep)
        #expect(reason(objects) == .tooDeep)
        #expect(reason(arrays, depth: 65) == nil)
        #expect(reason(objects, depth: 65) == nil)
    }

    @Test func `a million open brackets are refused without recursion`() {
        #expect(reason([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep)
    }

    @Test func `brackets inside strings are no nesting`() {
        #expect(reason(#"["\"[[[[", "{{{{\\"]"#, depth: 1) == nil)
    }

    @Test func `an error tells where it is`() {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array("{\n  \"é\": [[".utf8), maximumDepth: 2)
        }
        #expect(error == JSONError(reason: .tooDeep, line: 2, column: 9, position: 11))
    }

    @Test func `numbers outside the range of their type are refused`() {
        #expect(reason("9223372036854775808") == .numberOutOfRange)
        #expect(reason("-9223372036854775809") == .numberOutOfRange)
        #expect(reason("1e400") == .numberOutOfRange)
        #expect(reason(String(repeating: "9", count: 100_000)) == .numberOutOfRange)
        #expect(reason("1e-400") == nil)
    }

    @Test func `NUL is kept in a value and refused in a key and as a bare byte`() throws {
        #expect(try parse(#""a\u0000b""#) == .string("a\u{0}b"))
        #expect(reason(#"{"a\u0000":1}"#) == .zeroInKey)
        #expect(reason([0]) != nil)
        #expect(reason([UInt8(ascii: "\""), 0, UInt8(ascii: "\"")]) != nil)
        #expect(reason("1\u{0}") == .syntax)
        #expect(reason("[1\u{0},true\u{0}]") == .syntax)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused`(sequence: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(reason([quote] + sequence + [quote]) == .invalidUTF8)
        #expect(reason(sequence) != nil)
        #expect(reason([UInt8(ascii: "1")] + sequence) != nil)
    }

    @Test(arguments: [#""\uD800""#, #""\uDC00""#, #""\uD800\uD800""#, #""\uD800x""#])
    func `a lone surrogate is refused`(text: String) {
        #expect(reason(text) == .syntax)
    }

    @Test func `a surrogate pair is one character`() throws {
        #expect(try parse(#""\uD83D\uDE00""#) == "😀")
    }

    @Test func `a slice is parsed from its own start`() throws {
        let bytes = Array("xx[1]yy".utf8)
        #expect(try JSONValue(parsing: bytes[2..<5]) == [1])
    }
}
