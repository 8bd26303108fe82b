import JSON
import Testing
import Tools

@Suite(.serialized) struct `Lines that Grep finds` {
    let harness: Harness
    init() throws {
        harness = try Harness()
        try harness.write("crlf", "one\r\ntwo\r\nthree")
        try harness.write("cr", "one\rtwo\rthree\r")
        try harness.write("lf", "one\ntwo\nthree\n")
        try harness.write("mixed", "one\r\rtwo\nthree\r\nfour\rtwo")
        try harness.write("odd [name]{x,y}*?!\\ü", "one\rtwo\r")
    }

    private static let odd = "odd [name]{x,y}*?!\\ü"

    @Test(arguments: [
        ("^two$", "cr:2:two crlf:2:two lf:2:two mixed:3:two mixed:6:two ODD:2:two"),
        ("^three$", "cr:3:three crlf:3:three lf:3:three mixed:4:three"), ("^four", "mixed:5:four"),
        (
            "e$",
            "cr:1:one cr:3:three crlf:1:one crlf:3:three lf:1:one lf:3:three mixed:1:one "
                + "mixed:4:three ODD:1:one"
        ),
        ("^$", "mixed:2:"),
    ])
    func `are numbered and cut as Read shows them`(_ pattern: String, _ lines: String) throws {
        let found = try grep(["pattern": .string(pattern), "output_mode": "content"])
        let expected = lines.split(separator: " ")
            .map { $0.hasPrefix("ODD") ? Self.odd + $0.dropFirst(3) : String($0) }
        #expect(found == expected)
        for line in found where line.hasPrefix("mixed") {
            let number = line.split(separator: ":")[1]
            let shown = try harness.run("Read", ["file_path": "mixed"]).text
            let text = line.split(separator: ":", omittingEmptySubsequences: false)[2]
            #expect(shown.contains("     \(number)\t\(text)\n"))
        }
    }

    @Test func `are counted, and go over several with multiline`() throws {
        #expect(
            try grep(["pattern": "^.+$", "output_mode": "count"])
                == ["cr:3", "crlf:3", "lf:3", "mixed:5", "\(Self.odd):2"])
        #expect(
            try grep(["pattern": "one\ntwo", "multiline": true])
                == ["cr", "crlf", "lf", Self.odd])
        #expect(
            try grep([
                "pattern": "two\nthree", "multiline": true, "output_mode": "content", "-n": false,
                "path": "cr",
            ]) == ["cr:two", "cr:three"])
    }

    @Test func `come with those beside them`() throws {
        #expect(
            try grep(["pattern": "two", "output_mode": "content", "-C": 1, "path": "crlf"])
                == ["crlf-1-one", "crlf:2:two", "crlf-3-three"])
    }

    @Test func `of a binary file are said to be so`() throws {
        try Folder.write("\(harness.root)/bin", Array("two\n".utf8) + [0, 0])
        let found = try grep(["pattern": "two", "output_mode": "content", "path": "bin"])
        #expect(found.count == 1 && found[0].contains("binary"))
    }

    @Test func `of more files than are converted are refused, and of fewer found`() throws {
        try Folder.make("\(harness.root)/d")
        for number in 0...ToolLimits.maximumConvertedFiles {
            try harness.write("d/\(number)", "needle\rx\r")
        }
        let refused = try harness.run("Grep", ["pattern": "^x$"])
        #expect(refused.isError && refused.text.contains("carriage return"), "\(refused.text)")
        #expect(try grep(["pattern": "^x$", "glob": "100?", "path": "d"]) == ["d/1000"])
    }

    @Test func `a wrong pattern, type or glob is named`() throws {
        for input: JSONObject in [
            ["pattern": "("], ["pattern": "x", "type": "nonsense"], ["pattern": "x", "glob": "["],
            ["pattern": "a\n"],
        ] {
            let outcome = try harness.run("Grep", input)
            #expect(outcome.isError && outcome.text.utf8.count > 20, "\(outcome.text)")
        }
    }

    @Test func `a wall of results is cut, kept and counted`() throws {
        let line = String(repeating: "needle ", count: 60) + "\n"
        try harness.write("many", String(repeating: line, count: 60_000))
        let outcome = try harness.run("Grep", ["pattern": "needle", "output_mode": "content"])
        #expect(outcome.text.contains("Stopped after") && outcome.text.contains("left out"))
        #expect(outcome.text.utf8.count < ToolLimits.maximumResultBytes + 1_000)
        #expect(outcome.fullOutputPath != nil)
    }

    private func grep(_ input: JSONObject) throws -> [String] {
        let text = try harness.run("Grep", input).text
        return text.split(separator: "\n").map(String.init)
    }
}
