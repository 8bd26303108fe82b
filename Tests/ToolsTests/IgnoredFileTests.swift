import JSON
import Testing
import Tools

@Suite(.serialized) struct `Ignored files` {
    let harness: Harness
    init() throws {
        harness = try Harness()
        for folder in [".git", ".git/info", "build", "src", "src/build", "docs"] {
            try Folder.make("\(harness.root)/\(folder)")
        }
        try harness.write(".git/HEAD", "ref: refs/heads/main\n")
        try harness.write(".git/info/exclude", "secret.txt\n")
        try harness.write(".gitignore", "/build/\n*.log\n!keep.log\nonly-folder/\n")
        try harness.write("src/.gitignore", "!build\n*.tmp\n/local\n")
        for file in Self.shown + Self.ignored { try harness.write(file, "needle\n") }
    }

    static let shown = ["keep.log", "only-folder", "src/a.swift", "src/build/x", "docs/local"]
    static let ignored = [
        "build/out", "a.log", "src/b.tmp", "src/local", "secret.txt", "src/c.log",
    ]

    @Test func `are left out as git leaves them out`() throws {
        let listed = try glob([:])
        #expect(listed == Set(Self.shown + [".gitignore", "src/.gitignore"]))
        let found = try harness.run("Grep", ["pattern": "needle"]).text
        #expect(Set(found.split(separator: "\n").map(String.init)) == Set(Self.shown))
    }

    @Test func `are listed on demand, but never git's own`() throws {
        let all = try glob(["include_ignored": "true"])
        #expect(all == Set(Self.shown + Self.ignored + [".gitignore", "src/.gitignore"]))
    }

    @Test func `are left out in a folder of the repository, unless it is named itself`() throws {
        #expect(
            try glob(["path": "src"])
                == ["src/a.swift", "src/build/x", "src/.gitignore"])
        #expect(try glob(["path": "build"]) == ["build/out"])
    }

    @Test func `are left out where there is no repository`() throws {
        let other = try Harness()
        try other.write(".gitignore", "a\n")
        try other.write("a", "")
        try other.write("b", "")
        #expect(try other.run("Glob", ["pattern": "?"]).text == "b")
    }

    private func glob(_ more: JSONObject) throws -> Set<String> {
        var input = more
        input["pattern"] = "**"
        let text = try harness.run("Glob", input).text
        return Set(text.split(separator: "\n").map(String.init))
    }
}
