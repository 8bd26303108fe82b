import Glibc
import JSON
import Testing
import Tools

@Suite(.serialized) struct `File tools` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test func `Read shows lines with their numbers, page by page`() throws {
        try harness.write("a", "one\ntwo\r\nthree\n")
        #expect(try read("a").text == "     1\tone\n     2\ttwo\n     3\tthree\n")
        let page = try harness.run("Read", ["file_path": "a", "offset": 2, "limit": 1])
        #expect(page.text == "     2\ttwo\n(3 lines in all; go on with offset 3.)\n")
        #expect(try harness.run("Read", ["file_path": "a", "offset": 9]).text.contains("3 lines"))
        try harness.write("empty", "")
        #expect(try read("empty").text == "(The file is empty.)")
    }

    @Test func `long lines and long files are cut, and say so`() throws {
        try harness.write("wide", String(repeating: "x", count: 5_000))
        #expect(try read("wide").text.contains("(3000 more bytes in this line)"))
        try harness.write("long", String(repeating: "line\n", count: 5_000))
        #expect(try read("long").text.contains("go on with offset 2001"))
        try harness.write(
            "huge", String(repeating: String(repeating: "y", count: 1_900) + "\n", count: 2_000))
        #expect(try read("huge").text.utf8.count < ToolLimits.maximumReadBytes + 3_000)
        try Folder.write(
            "\(harness.root)/giant", [UInt8](repeating: 0x61, count: 17 * 1024 * 1024))
        #expect(try read("giant").text.contains("files over"))
    }

    @Test func `binary files are not shown, other encodings and controls are marked`() throws {
        try Folder.write("\(harness.root)/binary", [0x7F, 0x45, 0, 1, 2])
        #expect(try read("binary").isError)
        try Folder.write("\(harness.root)/latin", [0x67, 0x72, 0xFC, 0x6E, 0x0A, 0x1B, 0x5B])
        let text = try read("latin").text
        #expect(text.contains("gr\u{FFFD}n") && text.contains("not UTF-8"))
        #expect(!text.utf8.contains(0x1B))
    }

    @Test func `Write makes files and folders, and replaces what was read`() throws {
        #expect(!(try write("new/deep/a", "one")).isError)
        #expect(harness.text("new/deep/a") == "one")
        #expect(!(try write("new/deep/a", "two")).isError, "what it wrote itself it has seen")
        #expect(harness.text("new/deep/a") == "two")
        try harness.write("old", "content")
        let refused = try write("old", "x")
        #expect(refused.isError && refused.text.contains("Read it first"))
        _ = try read("old")
        #expect(!(try write("old", "x")).isError)
        #expect(Folder.names(harness.root) == ["new", "old"], "a temporary file was left")
    }

    @Test func `a file that changed since it was read is not edited`() throws {
        try harness.write("a", "one")
        _ = try read("a")
        try harness.write("a", "other")
        for outcome in [try write("a", "x"), try edit("a", "other", "x")] {
            #expect(outcome.isError && outcome.text.contains("no longer as you read it"))
        }
        _ = try read("a")
        #expect(!(try edit("a", "other", "x")).isError)
        #expect(harness.text("a") == "x")
    }

    @Test func `an edit needs a text that is there once, or replace_all`() throws {
        try harness.write("a", "x y x\nz")
        let unread = try edit("a", "z", "w")
        #expect(unread.isError && unread.text.contains("Read it first"))
        _ = try read("a")
        let twice = try edit("a", "x", "w")
        #expect(twice.isError && twice.text.contains("occurs 2 times"))
        #expect(try edit("a", "q", "w").text.contains("does not occur"))
        #expect(try edit("a", "x  y", "w").text.contains("other blanks"))
        #expect(harness.text("a") == "x y x\nz")
        let all = try harness.run(
            "Edit",
            ["file_path": "a", "old_string": "x", "new_string": "w", "replace_all": true])
        #expect(all.text.contains("2 places"))
        #expect(harness.text("a") == "w y w\nz")
        #expect(!(try edit("a", "z", "")).isError, "an edit of an edit needs no reading")
        #expect(harness.text("a") == "w y w\n")
    }

    @Test func `an empty old_string makes a file, and never overwrites one`() throws {
        #expect(!(try edit("n/a", "", "new\n")).isError)
        #expect(harness.text("n/a") == "new\n")
        #expect(try edit("n/a", "", "other").isError)
        #expect(try edit("none", "x", "y").text.contains("does not exist"))
    }

    @Test func `MultiEdit does all or nothing`() throws {
        try harness.write("a", "one two three")
        _ = try read("a")
        func run(_ edits: [JSONValue]) throws -> ToolOutcome {
            try harness.run("MultiEdit", ["file_path": "a", "edits": .array(edits)])
        }
        let bad = try run([
            ["old_string": "one", "new_string": "1"], ["old_string": "none", "new_string": "2"],
        ])
        #expect(bad.isError && bad.text.contains("Replacement 2 of 2"))
        #expect(harness.text("a") == "one two three")
        let good = try run([
            ["old_string": "one", "new_string": "1"], ["old_string": "1 two", "new_string": "12"],
        ])
        #expect(!good.isError, "\(good.text)")
        #expect(harness.text("a") == "12 three")
    }

    @Test func `line ends, marks, modes and bytes that are no text stay`() throws {
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("a\r\nb\r\n".utf8) + [0xFF, 0x0D, 0x0A]
        try Folder.write("\(harness.root)/a", bytes)
        #expect(unsafe chmod("\(harness.root)/a", 0o4751) == 0)
        _ = try read("a")
        #expect(!(try edit("a", "a\nb", "c\nd\ne")).isError)
        #expect(
            Folder.read("\(harness.root)/a")
                == [0xEF, 0xBB, 0xBF] + Array("c\r\nd\r\ne\r\n".utf8) + [0xFF, 0x0D, 0x0A])
        var status = stat()
        #expect(unsafe stat("\(harness.root)/a", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o751, "all but the rights that the content was given")
        try harness.write("crlf", "a\r\nb\r\n")
        _ = try read("crlf")
        #expect(!(try write("crlf", "x\ny\n")).isError)
        #expect(harness.text("crlf") == "x\r\ny\r\n")
    }

    @Test func `a name that is a folder, or below a file, is said to be so`() throws {
        try Folder.make("\(harness.root)/d")
        try harness.write("f", "x")
        #expect(try read("d").text.contains("is a folder"))
        #expect(try write("d", "x").isError)
        #expect(try read("f/x").text.contains("not a folder"))
        #expect(try write("f/x", "x").isError)
        #expect(try read("none").text.contains("does not exist"))
        #expect(try write(String(repeating: "n", count: 300), "x").isError)
    }

    @Test func `an edit of a megabyte of the same letter takes no time`() throws {
        let half = String(repeating: "a", count: 1 << 20)
        try harness.write("a", half + half)
        _ = try read("a")
        #expect(try edit("a", half + "b", "x").isError)
    }

    @Test func `the to-do list is counted`() throws {
        let outcome = try harness.run(
            "TodoWrite",
            [
                "todos": [
                    ["content": "a", "status": "completed"], ["content": "b", "status": "pending"],
                ]
            ])
        #expect(outcome.text.contains("2 entries, 1 of them completed"))
    }

    @Test func `a change is refused where only reading was allowed`() throws {
        let outcome = try harness.run(
            "Write", ["file_path": "a", "content": "x"], access: .readOnly)
        #expect(outcome.isError)
        #expect(harness.text("a") == nil)
    }

    private func read(_ path: String) throws -> ToolOutcome {
        try harness.run("Read", ["file_path": .string(path)])
    }

    private func write(_ path: String, _ text: String) throws -> ToolOutcome {
        try harness.run("Write", ["file_path": .string(path), "content": .string(text)])
    }

    private func edit(_ path: String, _ old: String, _ new: String) throws -> ToolOutcome {
        try harness.run(
            "Edit",
            [
                "file_path": .string(path), "old_string": .string(old), "new_string": .string(new),
            ])
    }
}
