import JSON
import Testing
import Tools

@Suite(.serialized) struct `Line ends` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test(arguments: [
        ("a\nb\n", 2), ("a\r\nb\r\n", 2), ("a\rb\r", 2), ("a\r\nb\nc\rd", 4), ("a\r\r\nb", 3),
        ("\n\r", 2), ("\r\n", 1), ("\r", 1), ("a", 1), ("\u{301}\r\n\u{301}", 2), ("a\r", 1),
    ])
    func `Read counts lines by LF, CR LF and CR alike`(_ text: String, _ count: Int) throws {
        try harness.write("a", text)
        let shown = try harness.run("Read", ["file_path": "a"]).text
        #expect(shown.utf8.count { $0 == 0x09 } == count, "\(shown.debugDescription)")
        #expect(!shown.utf8.contains(0x0D))
        let beyond = try harness.run("Read", ["file_path": "a", "offset": .integer(99)]).text
        #expect(beyond.contains("\(count) lines"))
    }

    @Test(arguments: [
        // File, old, new, result.
        ("a\r\nb\r\n", "a\nb", "x\ny\nz", "x\r\ny\r\nz\r\n"),
        ("a\rb\rc", "a\nb", "x\ny\nz", "x\ry\rz\rc"),
        ("a\nb\r\nc\rd", "a\nb\nc\nd", "1\n2\n3\n4\n5", "1\n2\r\n3\r4\r5"),
        ("a\nb\r\nc\r\n", "b\n", "x\n", "a\nx\r\nc\r\n"),
        ("a\nb\r\nc\r\nd", "d", "x\ny", "a\nb\r\nc\r\nx\r\ny"),
        ("a\r\nb\nc\nd", "d", "x\ny", "a\r\nb\nc\nx\ny"),
        ("a\rb", "b", "x\ny", "a\rx\ry"),
        ("a\r\nb", "\n", "", "ab"), ("a\r\nb", "a\n", "", "b"),
        ("ab", "b", "x\ny", "ax\ny"),
        // With a carriage return, byte by byte.
        ("a\r\nb\nc", "a\r\nb", "x\ny", "x\r\ny\nc"), ("a\r\nb", "\r", "", "a\nb"),
        ("a\r\nb", "b", "x\r\ny\rz\n", "a\r\nx\r\ny\rz\n"), ("a\nb", "b", "x\r\ny", "a\nx\r\ny"),
        ("\u{301}\r\n\u{301}x", "\n\u{301}x", "\ny", "\u{301}\r\ny"),
    ])
    func `Edit keeps line ends, and a line feed stands for each of them`(
        _ file: String, _ old: String, _ new: String, _ result: String
    ) throws {
        try harness.write("a", file)
        try harness.run("Read", ["file_path": "a"])
        let outcome = try harness.run(
            "Edit",
            ["file_path": "a", "old_string": .string(old), "new_string": .string(new)])
        #expect(!outcome.isError, "\(outcome.text)")
        #expect(harness.text("a")?.utf8.elementsEqual(result.utf8) == true)
    }

    @Test func `every occurrence keeps the ends of its own place`() throws {
        try harness.write("a", "x\ny x\r\ny x\ry")
        try harness.run("Read", ["file_path": "a"])
        let once = try harness.run(
            "Edit", ["file_path": "a", "old_string": "x\ny", "new_string": "z"])
        #expect(once.text.contains("occurs 3 times"))
        let all = try harness.run(
            "Edit",
            [
                "file_path": "a", "old_string": "x\ny", "new_string": "1\n2\n3",
                "replace_all": true,
            ])
        #expect(all.text.contains("3 places"))
        let expected = Array("1\n2\n3 1\r\n2\r\n3 1\r2\r3".utf8)
        #expect(Folder.read("\(harness.root)/a") == expected)
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `Write keeps the ends of a file whose lines end alike`(_ end: String) throws {
        try harness.write("a", "1\(end)2\(end)")
        try harness.run("Read", ["file_path": "a"])
        try harness.run("Write", ["file_path": "a", "content": "x\ny\n"])
        #expect(harness.text("a").map { Array($0.utf8) } == Array("x\(end)y\(end)".utf8))
    }

    @Test func `a search that fails is linear in a file of many words`() throws {
        let words = String(repeating: "a ", count: 1 << 20)
        try harness.write("a", words)
        try harness.run("Read", ["file_path": "a"])
        let old = String(repeating: "a ", count: 1 << 18) + "b"
        let clock = ContinuousClock()
        let time = try clock.measure {
            let outcome = try harness.run(
                "Edit", ["file_path": "a", "old_string": .string(old), "new_string": "x"])
            #expect(outcome.text.contains("does not occur"))
        }
        #expect(time < .seconds(5))
    }

    @Test func `millions of empty lines are counted, not kept`() throws {
        try harness.write("a", String(repeating: "\n", count: 16 << 20))
        let page = try harness.run("Read", ["file_path": "a", "offset": 16_777_000])
        #expect(page.text.hasPrefix("16777000\t\n"))
        #expect(page.text.hasSuffix("16777216\t\n"))
    }
}
