import JSON
import Realtime
import Testing
import Tools

@Suite(.serialized) struct `Modes and rules` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test func `reading runs in every mode, unasked and unable to write`() throws {
        let inputs: [(String, JSONObject)] = [
            ("Read", ["file_path": "a"]), ("Glob", ["pattern": "*"]), ("Grep", ["pattern": "x"]),
            ("TodoWrite", ["todos": []]),
        ]
        for (name, input) in inputs {
            for mode in SessionMode.allCases {
                #expect(try decide(name, input, mode) == .run(.readOnly), "\(name) in \(mode)")
            }
        }
    }

    @Test func `in safe mode bash can only read, and everything else is refused`() throws {
        #expect(try decide("Bash", ["command": "rm -rf /"], .safe) == .run(.readOnly))
        for (name, input) in Self.changes where name != "Bash" {
            guard case .refuse(let reason) = try decide(name, input, .safe) else {
                Issue.record("\(name) was not refused in safe mode")
                continue
            }
            #expect(reason.contains("safe mode"))
        }
    }

    @Test func `in safe mode rules open nothing`() throws {
        let rule = PermissionRule(toolName: "Write", scope: .path("a"))
        guard case .refuse = try decide("Write", ["file_path": "a", "content": ""], .safe, [rule])
        else {
            Issue.record("a rule opened safe mode")
            return
        }
    }

    @Test func `ask asks about every change, and allow-all runs it`() throws {
        for (name, input) in Self.changes {
            #expect(try decide(name, input, .ask) == .ask, "\(name)")
            #expect(try decide(name, input, .allowAll) == .run(.writable), "\(name)")
        }
    }

    @Test func `an unknown tool does not even get to a decision`() throws {
        guard case .failure(let refusal) = try harness.prepare("Shell", ["command": "ls"]) else {
            Issue.record("an unknown tool was prepared")
            return
        }
        #expect(refusal.description.contains("no such tool"))
    }

    @Test func `a rule lets through what begins with its words`() throws {
        let rule = try remembered("git status")
        for line in ["git status", "git status --short", "git 'status' src", "git  status"] {
            #expect(
                try decide("Bash", ["command": .string(line)], .ask, [rule]) == .run(.writable),
                "\(line)")
        }
    }

    @Test(arguments: [
        "git status; rm -rf x", "git status && rm x", "git status || rm x", "git status | sh",
        "git status & rm x", "git status\nrm x", "git status\r\nrm x", "git status $(rm x)",
        "git status `rm x`", "git status \"$(rm x)\"", "git status ${x}", "git status $x",
        "git status > file", "git status >> file", "git status < file", "git status 2>&1",
        "git status <(rm x)", "git status <<< x", "git status <<E\nx\nE", "FOO=bar git status",
        "GIT_PAGER=x git status", "(git status)", "{ git status; }", "! git status",
        "time git status", "git -c core.pager=x status", "git -c core.fsmonitor=x status",
        "git status -c core.fsmonitor=x", "git --config-env=a=b status",
        "git --exec-path=/tmp status",
        "git status *", "git status --o*", "git status ?", "git status [a]", "git status {a,b}",
        "git status ~", "git stat\\us", "\\git status", "$'git' status", "git $\"status\"",
        "g\\it status", "git push", "git statusx", "git", "env git status", "sudo git status",
        "command git status", "/usr/bin/git status", "./git status", "git status # x",
        "if git status; then rm x; fi", "git status;", "coproc git status", "git status \u{1b}[2K",
        "git\u{a0}status", "git status --output=x", "git status --exec=x", "git status -Osh",
        "alias git=rm; git status", "function git { rm x; }; git status", "eval git status",
        "git status 'unclosed", "git status \"unclosed", "git status $((1))", "git status !x",
        "git() { rm x; }; git status",
    ])
    func `a rule lets nothing else through`(_ line: String) throws {
        let rule = try remembered("git status")
        #expect(try decide("Bash", ["command": .string(line)], .ask, [rule]) == .ask)
    }

    @Test(arguments: [
        "make && rm -rf x", "make; rm x", "make SHELL=/tmp/x", "make -f /tmp/x", "make deploy",
        "make\nrm x", "make -C /tmp", "make --makefile=/tmp/x", "make $(rm x)",
    ])
    func `always allow make is about make alone`(_ line: String) throws {
        let rule = try remembered("make")
        #expect(try decide("Bash", ["command": "make"], .ask, [rule]) == .run(.writable))
        #expect(try decide("Bash", ["command": .string(line)], .ask, [rule]) == .ask)
    }

    @Test(arguments: [
        "make test SHELL=/tmp/x", "make test -f x", "make test -C x", "make test --eval=x",
        "make test -E '$(shell id)'", "make test -sf other.mk", "make test -j4",
    ])
    func `a rule about a target does not change what make runs`(_ line: String) throws {
        let rule = try remembered("make test")
        #expect(try decide("Bash", ["command": "make test"], .ask, [rule]) == .run(.writable))
        #expect(try decide("Bash", ["command": .string(line)], .ask, [rule]) == .ask)
    }

    @Test(arguments: [
        "rm x", "sudo ls", "bash -c 'ls' --help", "python3 -c x", "env ls", "xargs ls",
        "find . -exec ls", "find . -fprint x", "git push", "git -c a=b status", "sed -n 1w/f x",
        "awk 1 x", "tar -xf x", "cp a b", "mv a b", "tee x", "printf -v 'a[$(rm x)]' y",
        "test -v 'a[$(rm x)]'", "unset 'a[$(x)]'", "let 'a[$(rm x)]'", "swift run", "npm exec x",
        "fd x -x rm", "git fetch --upload-pack=x", "cmake -P x", "tar --to-command=sh -xf x",
    ])
    func `a dangerous command leads to no rule`(_ line: String) throws {
        let call = try prepared("Bash", ["command": .string(line)])
        #expect(call.rule == nil)
    }

    @Test func `without shfmt no rule matches a command`() throws {
        let rule = try remembered("git status")
        let without = try Harness(
            programs: Programs(bubblewrap: "/usr/bin/bwrap", shfmt: nil, ripgrep: nil))
        guard case .success(let call) = try without.prepare("Bash", ["command": "git status"])
        else {
            Issue.record("the call was not prepared")
            return
        }
        #expect(call.command == nil && call.rule == nil)
        #expect(ModePolicy(mode: .ask, rules: [rule]).decide(call) == .ask)
    }

    @Test(arguments: ["/bin/false", "/bin/cat", "/nonexistent", "/usr/bin/yes"])
    func `a shfmt that fails, lies or never ends matches nothing`(_ program: String) throws {
        let broken = try Harness(
            programs: Programs(bubblewrap: nil, shfmt: program, ripgrep: nil))
        guard case .success(let call) = try broken.prepare("Bash", ["command": "git status"])
        else {
            Issue.record("the call was not prepared")
            return
        }
        #expect(call.command == nil)
    }

    @Test func `a path rule holds for where the file really is`() throws {
        try Folder.make("\(harness.root)/src")
        try Folder.make("\(harness.root)/other")
        try Folder.link("../other", at: "\(harness.root)/src/link")
        let rule = PermissionRule(toolName: "Write", scope: .path("src"))
        func decide(_ path: String) throws -> ToolDecision {
            try self.decide(
                "Write", ["file_path": .string(path), "content": ""], .ask, [rule])
        }
        #expect(try decide("src/a") == .run(.writable))
        #expect(try decide("\(harness.root)/src/new/a") == .run(.writable))
        #expect(try decide("src/link/a") == .ask)
        #expect(try decide("src/../other/a") == .ask)
        #expect(try decide("srcx") == .ask)
    }

    @Test func `a question shows what would be done`() throws {
        let bash = try prepared("Bash", ["command": "make  test", "description": "Run the tests"])
        #expect(bash.question.command == "make  test")
        #expect(bash.question.description == "Run the tests")
        try harness.write("a", "x")
        let edit = try prepared(
            "Edit", ["file_path": "./a", "old_string": "x", "new_string": "y\nz"])
        #expect(edit.question.command == "Edit a")
        #expect(edit.question.description == "- x\n+ y\n+ z")
    }

    private static let changes: [(String, JSONObject)] = [
        ("Bash", ["command": "ls"]), ("Write", ["file_path": "a", "content": "x"]),
        ("Edit", ["file_path": "a", "old_string": "x", "new_string": "y"]),
        (
            "MultiEdit",
            ["file_path": "a", "edits": [["old_string": "x", "new_string": "y"]]]
        ),
        ("WebFetch", ["url": "https://example.org"]),
    ]

    private func prepared(_ name: String, _ input: JSONObject) throws -> PreparedCall {
        try harness.prepare(name, input).get()
    }

    private func decide(
        _ name: String, _ input: JSONObject, _ mode: SessionMode, _ rules: [PermissionRule] = []
    ) throws -> ToolDecision {
        ModePolicy(mode: mode, rules: rules).decide(try prepared(name, input))
    }

    private func remembered(_ line: String) throws -> PermissionRule {
        try #require(try prepared("Bash", ["command": .string(line)]).rule)
    }
}
