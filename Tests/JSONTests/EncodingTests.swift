import JSON
import Testing

@Suite struct EncodingTests {
    @Test func `the text is compact and keeps the order of keys`() {
        let value: JSONValue = ["z": 1, "a": [true, nil, "x/\"\\\u{1}é"], "m": 0.5, "": [:]]
        #expect(value.description == #"{"z":1,"a":[true,null,"x/\"\\\u0001é"],"m":0.5,"":{}}"#)
    }

    @Test(arguments: [
        0.1, -0.0, 1.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e15, 123456.789,
    ])
    func `a double comes back bit by bit and stays a double`(number: Double) throws {
        let back = try JSONValue(parsing: JSONValue.double(number).encoded())
        #expect(back.doubleValue?.bitPattern == number.bitPattern)
        #expect(back == .double(number))
    }

    @Test(arguments: [
        ([0.1], "[0.1]"), ([12.5, 1e300, 3], "[12.5,1e300,3.0]"),
        ([0.1, 0.1 + 0.2], "[0.10000000000000001,0.30000000000000004]"),
    ])
    func `a double has as many digits as the longest one needs`(
        numbers: [Double], text: String
    ) {
        #expect(JSONValue.array(numbers.map { .double($0) }).description == text)
    }

    @Test(arguments: [Int64.min, -1, 0, 1 << 53 + 1, .max])
    func `an integer comes back exactly`(number: Int64) throws {
        #expect(try JSONValue(parsing: JSONValue.integer(number).encoded()) == .integer(number))
    }

    @Test func `strings of every kind come back`() throws {
        for text in [
            "", "\u{0}", "a\u{0}b", "😀\u{2028}\u{7F}", String(repeating: "é", count: 3000),
        ] {
            #expect(try JSONValue(parsing: JSONValue.string(text).encoded()) == .string(text))
        }
    }

    @Test func `a text longer than the stack buffer comes whole`() throws {
        let value = JSONValue.array((0..<2000).map { .integer($0) })
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }

    @Test func `keys that differ only in normalisation stay two`() throws {
        let value = try JSONValue(parsing: Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }
}

@Suite struct JSONObjectTests {
    @Test func `setting keeps the place, nil removes`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = .null
        object["b"] = nil
        object["missing"] = nil
        #expect(object.map(\.key) == ["a", "c"])
        #expect(object["a"] == 3)
        #expect(object["c"] == .some(.null))
        #expect(object.count == 2)
    }

    @Test func `order does not matter for equality`() {
        #expect(JSONValue.object(["a": 1, "b": 2]) == ["b": 2, "a": 1])
        #expect(JSONValue.object(["a": 1]) != ["a": 1, "b": 2])
    }
}
