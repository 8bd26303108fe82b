import Glibc
import JSON
import Testing
import Tools

@Suite(.serialized) struct `Commands` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test func `a command runs in the workspace, and its output comes as it is made`() throws {
        let outcome = try harness.bash("pwd; echo one; echo two >&2; echo 'größe' > made")
        #expect(outcome.text == "\(harness.root)\none\ntwo\n")
        #expect(!outcome.isError)
        #expect(harness.output == outcome.text)
        #expect(harness.text("made") == "größe\n")
        #expect(try harness.bash("true").text == "(No output.)")
    }

    @Test func `an exit code is told`() throws {
        let outcome = try harness.bash("echo x; exit 3")
        #expect(outcome == ToolOutcome(text: "x\n(Exit code 3.)", isError: true))
        #expect(try harness.bash("kill -9 $$").text == "(Exit code 137.)")
        #expect(try harness.bash("no-such-program").text.contains("command not found"))
        #expect(try harness.bash("if then").isError)
    }

    @Test func `there is no input, no terminal, and nothing of ours is open`() throws {
        #expect(try harness.bash("cat; readlink /proc/self/fd/0").text == "/dev/null\n")
        #expect(try harness.bash("tty").text.contains("not a tty"))
        // 255 is bash's own; the 3 of a pipe that it has open for the substitution.
        let open = try harness.bash("ls /proc/$$/fd > /tmp/fds; cat /tmp/fds").text
        #expect(open.split(separator: "\n").allSatisfy { ["0", "1", "2", "255"].contains($0) })
    }

    @Test func `quotes, newlines and dashes arrive as they are`() throws {
        let line = "printf '%s|' \"a  b\" 'c\"d' -- $'e\\n'\necho -n --"
        #expect(try harness.bash(line).text == "a  b|c\"d|--|e\n|--")
        #expect(try harness.bash("-c").isError)
        #expect(try harness.bash("--help").isError)
    }

    @Test func `every call starts anew`() throws {
        _ = try harness.bash("cd /; export X=1; touch /tmp/x; sleep 1000 &")
        let outcome = try harness.bash("pwd; echo \"<$X>\"; ls /tmp/x; pgrep -c sleep")
        #expect(
            outcome.text
                == "\(harness.root)\n<>\nls: cannot access '/tmp/x': No such file or directory\n0\n(Exit code 1.)"
        )
    }

    @Test func `a time-out ends everything, also what made itself a daemon`() throws {
        let outcome = try harness.bash(Self.daemons + "; wait; sleep 1000", timeout: 700)
        #expect(outcome.isError && outcome.text.contains("Timed out"))
        try expectDaemonsDead()
    }

    @Test func `a cancel ends everything, also what made itself a daemon`() throws {
        let outcome = try harness.bash(Self.daemons + "; echo started; sleep 1000") {
            $0.contains("started")
        }
        #expect(outcome.isError && outcome.text.contains("Interrupted."))
        try expectDaemonsDead()
    }

    @Test func `what a command leaves running ends with it`() throws {
        let outcome = try harness.bash(Self.daemons + "; echo done")
        #expect(outcome.text.hasSuffix("done\n"))
        try expectDaemonsDead()
    }

    @Test func `signals that a command ignores don't save it`() throws {
        let outcome = try harness.bash("trap '' TERM HUP INT; sleep 1000; sleep 1000", timeout: 300)
        #expect(outcome.text.contains("Timed out"))
    }

    @Test func `a cancel at any moment ends the call once`() throws {
        for milliseconds in stride(from: 0, to: 12, by: 1) {
            let call = try harness.prepare("Bash", ["command": "sleep 1000"]).get()
            var outcomes: [ToolOutcome] = []
            let run = harness.runner.run(
                call, access: .writable, in: harness.workspace, onOutput: { _ in },
                completion: { outcomes.append($0) })
            let timer = harness.loop.schedule(after: .milliseconds(milliseconds)) { run.cancel() }
            try harness.wait { !outcomes.isEmpty }
            timer.cancel()
            #expect(outcomes.count == 1 && outcomes[0].text.contains("Interrupted"))
        }
    }

    @Test func `five megabytes are cut for the model and kept in a file`() throws {
        let outcome = try harness.bash("echo first; yes größe | head -c 5000000; echo; echo last")
        #expect(outcome.text.utf8.count <= ToolLimits.maximumResultBytes)
        #expect(outcome.text.hasPrefix("first\n") && outcome.text.hasSuffix("last\n"))
        #expect(!outcome.text.contains("\u{FFFD}"))
        let path = try #require(outcome.fullOutputPath)
        #expect(outcome.text.contains("all 5000012 are in \(path)"))
        #expect(Folder.read(path)?.count == 5_000_012)
        #expect(
            try harness.run("Read", ["file_path": .string(path), "limit": 1]).text.contains("first")
        )
        #expect(try harness.bash("tail -n 1 \(path)", access: .readOnly).text == "last\n")
        #expect(try harness.bash("echo x > \(path)").isError)
    }

    @Test func `kept outputs are limited in size and number`() throws {
        for _ in 0..<(ToolLimits.maximumKeptOutputs + 2) {
            #expect(try harness.bash("head -c 40000 /dev/zero").fullOutputPath != nil)
        }
        #expect(
            Folder.names("\(harness.folder.path)/out").count == ToolLimits.maximumKeptOutputs)
        let path = try #require(try harness.bash("head -c 20000000 /dev/zero").fullOutputPath)
        #expect(Folder.read(path)?.count == ToolLimits.maximumKeptOutputBytes)
    }

    @Test func `a flood is ended`() throws {
        let outcome = try harness.bash("cat /dev/zero")
        #expect(outcome.isError && outcome.text.contains("Ended: it wrote more than"))
    }

    @Test func `control characters of an output reach nobody's terminal`() throws {
        let outcome = try harness.bash(#"printf 'a\033[2Jb\000c\007'"#)
        #expect(outcome.text == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}")
        #expect(harness.output == outcome.text)
    }

    @Test func `calls leave no descriptor and no zombie`() throws {
        _ = try harness.bash("true")
        let before = callDescriptors().count
        for _ in 0..<60 { _ = try harness.bash("true") }
        // Other suites of this process run commands meanwhile: theirs go when they end.
        try harness.wait {
            callDescriptors().count <= before + 2 && zombies().isEmpty
        } else: {
            "\(before) descriptors became \(callDescriptors()); zombies: \(zombies())"
        }
    }

    /// What a call opens, of all that this process has open: pipes, process descriptors, and files
    /// of workspaces; loops and sockets are other suites'.
    private func callDescriptors() -> [String] {
        Folder.names("/proc/self/fd").compactMap { Folder.target(of: "/proc/self/fd/\($0)") }
            .filter {
                $0.hasPrefix("pipe:") || $0.contains("pidfd") || $0.contains("/switchboard-tools-")
            }
    }

    /// In sessions of their own, forked twice, with signals ignored and output closed.
    private static let daemons =
        "(trap '' TERM HUP; setsid setsid sleep 98761 >/dev/null 2>&1 </dev/null & ) ; "
        + "setsid bash -c 'setsid bash -c \"exec -a daemon sleep 98761\" & disown' "
        + ">/dev/null 2>&1; nohup sleep 98761 >/dev/null 2>&1 & sleep 0.1"

    /// Seen from outside: nothing of it is in the process table.
    private func expectDaemonsDead() throws {
        for name in Folder.names("/proc") where Int(name) != nil {
            let line = Folder.text("/proc/\(name)/cmdline") ?? ""
            #expect(!line.contains("98761"), "\(name): \(line)")
        }
    }

    private func zombies() -> [String] {
        Folder.names("/proc").compactMap { name in
            guard Int(name) != nil, let status = Folder.text("/proc/\(name)/stat"),
                let rest = status.split(separator: ")").last
            else { return nil }
            let fields = rest.split(separator: " ")
            return fields.count > 1 && fields[0] == "Z" && fields[1] == "\(getpid())"
                ? status : nil
        }
    }
}
