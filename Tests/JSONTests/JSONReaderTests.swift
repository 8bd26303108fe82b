import JSON
import Testing

/// What strict parsers refuse and a foreign peer writes all the same.
struct JSONReaderTests {
    private func value(_ text: String, depth: Int = 64) throws -> JSONValue {
        var reader = JSONReader(Array(text.utf8))
        return try reader.readValue(maximumDepth: depth)
    }

    @Test(arguments: [
        "null", "[true,false,1,-2,0.5,\"a\\n\\u00e4\",{}]", "{\"a\":[{\"b\":{}}],\"c\":\"\"}",
        "[1e3,-0.0]", "\"😀 \\ud83d\\ude00 \\\\ \\/ \\b\\f\\t\"",
    ])
    func `JSON is what it is for a strict parser`(_ text: String) throws {
        #expect(try value(text) == JSONValue(parsing: Array(text.utf8)))
    }

    @Test func `what a strict parser refuses is valid afterwards`() throws {
        #expect(
            try value("[1e999,-1e999,18446744073709551616,NaN,-Infinity]") == [
                .double(.greatestFiniteMagnitude), .double(-.greatestFiniteMagnitude),
                .double(18446744073709551616), nil, nil,
            ])
        #expect(try value("{\"a\":1,\"b\":2,\"a\":3,}") == ["a": 3, "b": 2])
        #expect(try value("\u{FEFF} {\"a\\u0000\":\"b\\u0000\"} and more") == ["a\u{FFFD}": "b\0"])
        #expect(
            try value("[\"\\ud800\",\"x\\udc00y\",\"\\q\\u12\",\"a\tb\"]") == [
                "\u{FFFD}", "x\u{FFFD}y", "q\u{FFFD}12", "a\tb",
            ])
        var reader = JSONReader([0x22, 0xFF, 0x22])
        #expect(try reader.readValue() == "\u{FFFD}")
        // Whatever it is, it can be written and read again.
        for text in ["[1e999]", "{\"a\\u0000\":1,\"a\\u0000\":2}", "\"\\ud800\""] {
            let made = try value(text)
            #expect(try JSONValue(parsing: made.encoded()) == made)
        }
    }

    @Test func `half a pair at an end is told apart from the text`() throws {
        var reader = JSONReader(Array("[\"a\\ud83d\",\"\\ude00b\",\"\\ud83d\"]".utf8))
        var texts: [JSONText] = []
        try reader.readArray { reader throws(JSONError) in
            if let text = try reader.readText() { texts.append(text) }
        }
        #expect(texts.map(\.text) == ["a", "b", ""])
        #expect(texts.map(\.trailing) == [0xD83D, nil, 0xD83D])
        #expect(texts.map(\.leading) == [nil, 0xDE00, nil])
        #expect(UnicodeScalarPair(0xD83D, 0xDE00).scalar == "😀")
        #expect(UnicodeScalarPair(0x41, 0xDE00).scalar == "\u{FFFD}")
    }

    @Test func `members that nobody asks for are passed over, however deep`() throws {
        let deep =
            String(repeating: "[{\"a\":", count: 200_000)
            + String(repeating: "}]", count: 200_000)
        var found: [String] = []
        var reader = JSONReader(Array("{\"x\":\(deep),\"y\":\"no\",\"z\":\"yes\"}".utf8))
        try reader.readObject { key, reader throws(JSONError) in
            if key == "z" { found.append(try reader.readText()?.text ?? "") }
        }
        #expect(found == ["yes"])
        #expect(reader.isAtEnd)
        #expect(throws: JSONError.self) { try value(deep) }
    }

    @Test(arguments: [
        "", "{", "[1", "\"a", "\"\\", "{\"a\"}", "{\"a\":}", "]", "{1:2}", "abc", "-",
        "{\"a\":1",
    ])
    func `what is no JSON is an error`(_ text: String) {
        #expect(throws: JSONError.self) { try value(text) }
    }

    @Test func `an object of very many members takes time in proportion`() throws {
        let text = "{" + (0..<200_000).map { "\"k\($0)\":1" }.joined(separator: ",") + ",\"k7\":2}"
        let object = try #require(try value(text).objectValue)
        #expect(object.count == 200_000)
        #expect(object["k7"] == 2)
        #expect(object.compactMapValues { $0 == 2 ? .some($0) : .none }.count == 1)
    }
}
