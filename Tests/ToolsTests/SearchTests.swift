import Glibc
import JSON
import Testing
import Tools

@Suite(.serialized) struct `Searching` {
    let harness: Harness
    init() throws {
        harness = try Harness()
        for folder in ["src", "src/deep", ".git", "docs"] {
            try Folder.make("\(harness.root)/\(folder)")
        }
        for (index, file) in Self.files.enumerated() {
            try harness.write(file, "first line\nneedle \(index)\nlast line\n")
            // Ages in seconds, so that the order of names is another than that of times.
            var times = [timespec(tv_sec: 1_000_000 + index, tv_nsec: 0), timespec()]
            times[1] = times[0]
            #expect(unsafe utimensat(AT_FDCWD, "\(harness.root)/\(file)", &times, 0) == 0)
        }
    }

    static let files = [
        "z.swift", "src/b.swift", "src/a.js", "src/deep/c.swift", ".git/config", "docs/x.md",
        ".env",
    ]

    @Test(arguments: [
        ("**/*.swift", "src/deep/c.swift src/b.swift z.swift"), ("*.swift", "z.swift"),
        ("src/*", "src/a.js src/b.swift"), ("src/**", "src/deep/c.swift src/a.js src/b.swift"),
        ("**/*.{js,md}", "docs/x.md src/a.js"),
        ("{src,docs}/?.*", "docs/x.md src/a.js src/b.swift"),
        ("**/[ab].*", "src/a.js src/b.swift"), ("**/[!ab].swift", "src/deep/c.swift z.swift"),
        (".e*", ".env"), ("none*", "No file matches."), ("**/config", "No file matches."),
        ("**/**/**/**/*.md", "docs/x.md"),
    ])
    func `Glob finds by pattern, the newest first`(_ pattern: String, _ paths: String) throws {
        let outcome = try harness.run("Glob", ["pattern": .string(pattern)])
        let expected =
            paths.hasPrefix("No ") ? paths : paths.split(separator: " ").joined(separator: "\n")
        #expect(outcome.text == expected)
        #expect(
            try harness.run("Glob", ["pattern": .string("\(harness.root)/\(pattern)")]).text
                == outcome.text)
    }

    @Test func `Glob looks in a folder, and not behind links`() throws {
        try Folder.link("/etc", at: "\(harness.root)/etc")
        try Folder.link("src", at: "\(harness.root)/again")
        #expect(
            try harness.run("Glob", ["pattern": "*.js", "path": "src"]).text == "src/a.js")
        #expect(!(try harness.run("Glob", ["pattern": "etc/**"]).text.contains("passwd")))
        #expect(!(try harness.run("Glob", ["pattern": "**"]).text.contains("again/")))
    }

    @Test func `patterns that multiply are refused or cheap`() throws {
        let braces = String(repeating: "{a,b}", count: 10)
        #expect(try harness.run("Glob", ["pattern": .string(braces)]).isError)
        let stars = try #require(GlobPattern(String(repeating: "*a", count: 50)))
        #expect(!stars.matches(bytes(String(repeating: "a", count: 250) + "b")))
        let folders = try #require(GlobPattern(String(repeating: "**/", count: 200) + "x"))
        #expect(!folders.matches(bytes(String(repeating: "d/", count: 500) + "y")))
        #expect(GlobPattern("a{b")?.matches(bytes("a{b")) == true)
        #expect(GlobPattern("a[b")?.matches(bytes("a[b")) == true)
        #expect(GlobPattern("{a,b{c,d}}.x")?.matches(bytes("bd.x")) == true)
        let long = String(repeating: "{a,b}", count: 6) + String(repeating: "*a", count: 1_500)
        #expect(GlobPattern(long) == nil)
        #expect(GlobPattern(String(repeating: "{", count: 4_096)) != nil)
    }

    private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    @Test func `Grep searches contents`() throws {
        func grep(_ input: JSONObject) throws -> String { try harness.run("Grep", input).text }
        let names = try grep(["pattern": "needle [0-2]"])
        #expect(names.split(separator: "\n").sorted() == ["src/a.js", "src/b.swift", "z.swift"])
        #expect(
            try grep(["pattern": "NEEDLE 1", "-i": true, "output_mode": "content"])
                == "src/b.swift:2:needle 1")
        #expect(
            try grep([
                "pattern": "needle 1", "output_mode": "content", "-n": false, "-A": 1,
            ]) == "src/b.swift:needle 1\nsrc/b.swift-last line")
        #expect(
            try grep(["pattern": "line", "output_mode": "count", "path": "docs"])
                == "docs/x.md:2")
        #expect(try grep(["pattern": "needle", "glob": "*.md"]) == "docs/x.md")
        #expect(
            try grep(["pattern": "needle", "head_limit": 1]).contains("more lines"))
        #expect(try grep(["pattern": "nothing of it"]) == "Nothing matches.")
        #expect(try harness.run("Grep", ["pattern": "("]).isError)
        #expect(try harness.run("Grep", ["pattern": "x", "path": "none"]).isError)
    }

    @Test func `what a model writes is never an option or a command`() throws {
        for pattern in ["--pre=touch x", "-f/etc/passwd", "$(touch x)", "; touch x"] {
            try harness.run("Grep", ["pattern": .string(pattern), "path": "."])
            try harness.run("Grep", ["pattern": "x", "glob": .string(pattern)])
            try harness.run("Grep", ["pattern": "x", "type": .string(pattern)])
            try harness.run("Grep", ["pattern": "x", "path": .string(pattern)])
        }
        #expect(harness.text("x") == nil)
    }

    @Test(arguments: [("Grep", "needle"), ("Glob", "**")])
    func `without ripgrep a search is refused, and says what is missing`(
        _ tool: String, _ pattern: String
    ) throws {
        let other = try Harness(
            programs: Programs(bubblewrap: "/usr/bin/bwrap", shfmt: nil, ripgrep: nil))
        try other.write("a", "needle\n")
        let outcome = try other.run(tool, ["pattern": .string(pattern)])
        #expect(outcome.isError && outcome.text.contains("apt-get install ripgrep"))
    }
}
