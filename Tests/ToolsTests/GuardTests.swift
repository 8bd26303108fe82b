import Stage
import System
import Testing
import Tools

@Suite struct `Names that are guarded` {
    @Test func `a path is compared by its bytes`() {
        let home = RealPath("/home/é")
        #expect(RealPath("/home/é/x").parts(below: home) == ["x"])
        // The same to Swift's eye, another folder to the kernel.
        #expect(RealPath("/home/e\u{301}/x").parts(below: home) == nil)
        #expect(RealPath("/home/e\u{301}") != home)
        // A slash that a combining mark hides from Swift is a slash all the same.
        #expect(RealPath("/a/\u{301}b").parts(below: RealPath("/a")) == ["\u{301}b"])
        #expect(RealPath("/ab").parts(below: RealPath("/a")) == nil)
        #expect(RealPath("//a//b/").text == "/a/b")
        #expect(RealPath("/").isWithin(RealPath("/")) && !RealPath("/").isWithin(RealPath("/a")))
        #expect(
            RealPath("/a").overlaps(RealPath("/a/b")) && RealPath("/a/b").overlaps(home) == false)
    }

    @Test(arguments: [
        (".bashrc", true), ("sub/.bashrc", false), (".envrc", true), ("sub/deep/.envrc", true),
        (".git/hooks/pre-commit", true), ("sub/.git/config", true), (".github/workflows/x", false),
        (".vscode/tasks.json", true), (".vscodeignore", false), (".config/systemd/user/x", true),
        (".config/app", false), ("x/.config/systemd/user/x", false), (".mcp.json", true),
        ("a.mcp.json", false), ("", false),
    ])
    func `what runs later is known by its path`(_ path: String, _ isStartup: Bool) {
        let parts = RealPath(path).parts
        #expect(GuardedName.startup.contains { $0.covers(parts) } == isStartup)
    }

    @Test func `a folder within a guarded one leaves the rest of the name`() throws {
        let systemd = try #require(
            GuardedName.startup.first { $0.parts == [".config", "systemd"] })
        #expect(systemd.rest(below: ["home", "ada"]) == nil)
        #expect(systemd.rest(below: ["home", "ada", ".config"]) == ["systemd"])
        #expect(systemd.rest(below: ["home", ".config", "systemd"]) == [])
        #expect(systemd.rest(below: ["home", ".config", "systemd", "user"]) == [])
        #expect(systemd.rest(below: [".config", "ada"]) == nil)
    }

    @Test func `settings of git are read in every form`() {
        let text = """
            [core]
            \tbare = false
            \tHooksPath = "tools/hooks"
            [include] path = ../more
            [remote "a = b"]
            \turl=x=y

            """
        let values = GitSettings(Array(text.utf8)).values
        #expect(values.map(\.key) == ["bare", "hookspath", "path", "url"])
        #expect(values.map(\.value) == ["false", "tools/hooks", "../more", "x=y"])
    }

    @Test func `the stage takes what the worker says, and nothing else`() throws {
        let words = [
            "7", "rw", "2", "hide", "1", "2", ".ssh", "pin", "1", "3", "-- a", "8", "ro", "0",
        ]
        let order = try #require(StageOrder(words + ["--", "/bin/true", "--", "x"]))
        #expect(order.folders.map(\.descriptor) == [7, 8])
        #expect(order.folders.map(\.isWritable) == [true, false])
        #expect(order.folders[0].changes.map(\.path) == [".ssh", "-- a"])
        #expect(order.folders[0].changes.map(\.kind) == [.hide, .pin])
        #expect(order.program == ["/bin/true", "--", "x"])
        for bad in [
            [], ["--"], ["x", "rw", "0", "--", "p"], ["7", "rw", "1", "--", "p"],
            ["7", "rw", "1", "open", "1", "2", "p", "--", "p"], ["7", "rw", "-1", "--", "p"],
        ] { #expect(StageOrder(bad) == nil, "\(bad)") }
    }
}
