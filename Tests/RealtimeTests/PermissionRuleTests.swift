import Realtime
import Testing

@Suite struct `Permission rules` {
    @Test(arguments: [
        ("git status", ["git", "status"]), ("  npm \t test ", ["npm", "test"]),
        (
            "grep -rn 'a b; c' \"it's\" src/x.swift",
            ["grep", "-rn", "a b; c", "it's", "src/x.swift"]
        ),
        ("echo a'b'\"c\" ''", ["echo", "abc", ""]), ("ls größe", ["ls", "größe"]),
    ])
    func `a simple command is read into its words`(_ line: String, _ words: [String]) throws {
        #expect(try SimpleCommand(parsing: line).words == words)
    }

    @Test(arguments: [
        "", "   ", "make && rm -rf x", "make; rm x", "make | sh", "make &", "make\nrm x",
        "make\rrm",
        "echo $(rm x)", "echo `rm x`", "echo \"$(rm x)\"", "echo \"`rm x`\"", "echo $HOME",
        "ls > x",
        "ls < x", "ls 2>x", "(ls)", "{ ls; }", "ls *", "ls ?", "ls [a]", "ls {a,b}", "ls ~",
        "ls \\",
        "echo \"a\\\"b\"", "ls 'a", "ls \"a", "# ls", "ls # x", "! ls", "if true", "time ls",
        "PATH=/x ls", "A=b", "''", "ls\0x", "ls '\u{1b}[2J'", "ls\u{a0}x", "ls\u{2028}x", "!!",
    ])
    func `a line that may do more than one known thing is not remembered`(_ line: String) {
        guard case .refuse = rule(line) else {
            Issue.record("\(line.debugDescription) led to a rule.")
            return
        }
    }

    @Test(arguments: [
        "rm x", "/bin/rm -r x", "sudo ls", "bash -c ls", "python3 x.py", "python3.11 x.py",
        "env ls",
        "xargs ls", "find . -name x", "ssh host ls", "curl https://example.org", "mkfs.ext4 x",
        "git push origin main", "git -C x push", "git -c a=b status", "npm publish", "eval ls",
        ". x", "docker ps", "timeout 5 ls", "sed -n 1p x", "awk 1 x", "kill 1", "chmod u+x x",
    ])
    func `a dangerous program is never remembered`(_ line: String) {
        guard case .refuse(.dangerous) = rule(line) else {
            Issue.record("\(line) led to \(rule(line)).")
            return
        }
    }

    @Test(arguments: [
        "make test", "make", "npm run build", "mvn", "go vet ./...", "gcc -o a a.c", "uniq a",
        "sort a", "xxd a", "git branch", "git tag", "cargo test", "git log --output=x", "ls /etc",
        "git log -O x", "rg --pre cat x", "swift build", "tail -f log", "sort -o a b",
    ])
    func `a command is remembered word for word, and a longer one is another`(_ line: String) {
        guard case .remember(let rule) = rule(line), case .command(let words) = rule.scope else {
            Issue.record("\(line) led to \(self.rule(line)).")
            return
        }
        #expect(rule.description == "exactly: \(line)")
        #expect(rule.allows(toolName: "Bash", .commandLine(line)))
        for more in [
            "-E '$(shell id)'", "-sf other.mk", "-D x", "-d", "b", "--node-options=x",
            "-vettool=x", "@opts", "-n", "--help", "''",
        ] {
            #expect(!rule.allows(toolName: "Bash", .commandLine("\(line) \(more)")), "\(more)")
        }
        let shorter = words.dropLast().joined(separator: " ")
        #expect(!rule.allows(toolName: "Bash", .commandLine(shorter)))
    }

    @Test func `what is remembered is said as one would type it`() throws {
        let words = ["grep", "it's", "a b", "", "x"]
        let exact = PermissionRule(toolName: "Bash", scope: .command(words))
        #expect(exact.description == #"exactly: grep 'it'\''s' 'a b' '' x"#)
        guard case .remember(let rule) = rule("git log --oneline") else {
            Issue.record("git log --oneline led to no rule.")
            return
        }
        #expect(
            rule.description == "git log --oneline, also with further arguments that only read")
        #expect(rule.allows(toolName: "Bash", .commandLine("git log --oneline -5 -- src")))
        let path = PermissionRule(toolName: "Edit", scope: .path("src"))
        #expect(path.description == "Edit of src and of what is beneath it")
    }

    @Test func `a rule allows what begins with its words, of its own tool, and nothing else`() {
        let status = PermissionRule(toolName: "Bash", scope: .commandPrefix(["git", "status"]))
        #expect(rule("git status") == .remember(status))
        #expect(status.allows(toolName: "Bash", .commandLine("git status")))
        #expect(status.allows(toolName: "Bash", .commandLine("git 'status' --short")))
        for line in [
            "git", "git push", "git statusx", "git status; rm x", "git status && git push",
            "git status $(rm x)", "git status > x", "/usr/bin/git status", "sudo git status",
        ] {
            #expect(!status.allows(toolName: "Bash", .commandLine(line)), "\(line)")
        }
        #expect(!status.allows(toolName: "Shell", .commandLine("git status")))
        #expect(!status.allows(toolName: "Bash", .path("git status")))
    }

    @Test func `a single word allows that word alone`() {
        guard case .remember(let rule) = rule("make") else {
            Issue.record("make led to no rule.")
            return
        }
        #expect(rule.allows(toolName: "Bash", .commandLine("make")))
        #expect(!rule.allows(toolName: "Bash", .commandLine("make deploy")))
    }

    @Test func `a stored rule for a dangerous program allows nothing`() {
        let stored = PermissionRule(toolName: "Bash", scope: .commandPrefix(["rm", "-r"]))
        #expect(!stored.allows(toolName: "Bash", .commandLine("rm -r x")))
    }

    @Test func `a path rule covers its path and what is beneath it`() {
        let scope = PermissionRule(toolName: "Edit", scope: .path("/w/src"))
        #expect(
            PermissionRule.derive(toolName: "Edit", from: .path("/w/./src//")) == .remember(scope))
        for path in ["/w/src", "/w/src/a.swift", "/w//src/./b/c"] {
            #expect(scope.allows(toolName: "Edit", .path(path)), "\(path)")
        }
        for path in ["/w/srcx", "/w", "w/src/a", "/w/src/../x", "/w/src/..", "", "/w/src/a\n"] {
            #expect(!scope.allows(toolName: "Edit", .path(path)), "\(path)")
        }
        #expect(!scope.allows(toolName: "Write", .path("/w/src")))
    }

    @Test func `a file whose name only looks alike is another one`() {
        let rule = PermissionRule(toolName: "Edit", scope: .path("/w/\u{E9}"))
        for (path, isCovered) in [
            ("/w/\u{E9}", true), ("/w/\u{E9}/a", true), ("/w/e\u{301}", false),
            ("/w/e\u{301}/a", false), ("/w/\u{E9}\u{301}/a", false),
            ("/w/\u{E9}/\u{301}", true),
        ] {
            let asked = PermissionRule(toolName: "Edit", scope: .path(path))
            #expect(rule.allows(toolName: "Edit", .path(path)) == isCovered)
            #expect(rule.covers(asked) == isCovered)
        }
    }

    @Test func `only a tool that is known to take a path is judged by path`() {
        #expect(PermissionSubject(toolName: "Edit", command: "/a") == .path("/a"))
        #expect(PermissionSubject(toolName: "Bash", command: "/a") == .commandLine("/a"))
        #expect(PermissionSubject(toolName: "unknown", command: "ls") == .commandLine("ls"))
    }

    @Test(arguments: ["", "/", ".", "..", "../x", "a/../b", "a\0b"])
    func `a path that names no one place below a root is not remembered`(_ path: String) {
        #expect(
            PermissionRule.derive(toolName: "Edit", from: .path(path)) == .refuse(.unusablePath))
    }

    private func rule(_ line: String) -> PermissionRule.Derivation {
        PermissionRule.derive(toolName: "Bash", from: .commandLine(line))
    }
}
