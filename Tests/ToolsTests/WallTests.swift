import Glibc
import Testing
import Tools

/// What a command is shown, when folders are moved between the look at them and their mounting.
@Suite(.serialized) struct `Walls of a workspace` {
    let harness: Harness
    init() throws {
        harness = try Harness()
        try harness.write("f", "inside\n")
    }

    private func workspace(
        _ path: String, _ workingDirectory: String? = nil, allowsStartupFiles: Bool = false
    ) throws -> Workspace {
        try Workspace(
            path: path, workingDirectory: workingDirectory,
            outputFolder: "\(harness.folder.path)/other",
            reserved: ReservedFolders(["\(harness.folder.path)/state"]),
            allows: .init(startupFiles: allowsStartupFiles))
    }

    @Test func `another folder in the workspace's place is not shown`() throws {
        try Folder.make("\(harness.folder.path)/secret")
        try Folder.write("\(harness.folder.path)/secret/f", "the secret\n")
        #expect(unsafe rename(harness.root, harness.root + ".moved") == 0)
        try Folder.link("\(harness.folder.path)/secret", at: harness.root)
        #expect(try harness.bash("cat f").text == "inside\n")
        #expect(try harness.run("Read", ["file_path": "f"]).text.contains("inside"))
        #expect(unsafe unlink(harness.root) == 0)
        #expect(unsafe rename("\(harness.folder.path)/secret", harness.root) == 0)
        #expect(try harness.bash("cat f").text == "inside\n")
    }

    @Test func `a workspace that was removed runs nothing`() throws {
        #expect(unsafe unlink("\(harness.root)/f") == 0)
        #expect(unsafe rmdir(harness.root) == 0)
        let outcome = try harness.bash("echo ran")
        #expect(outcome.isError && !outcome.text.contains("ran\n"), "\(outcome.text)")
        #expect(outcome.text.contains("does not exist"), "\(outcome.text)")
    }

    /// What stands for missing files stays for the commands that follow at once.
    private func waitForNames(_ names: [String], in folder: String = "") throws {
        let path = harness.root + folder
        try harness.wait {
            Folder.names(path) == names
        } else: {
            "\(Folder.names(path))"
        }
    }

    @Test func `placeholders are there for commands only, and are shared`() throws {
        let within = try harness.bash("ls -d .bashrc .ssh; touch .bashrc/x; rmdir .ssh").text
        #expect(within.contains(".bashrc\n.ssh"), "\(within)")
        try waitForNames(["f"])
        // One that a killed worker left is taken over, and taken away.
        try Folder.make("\(harness.root)/.bashrc")
        #expect(unsafe chmod("\(harness.root)/.bashrc", 0o1555) == 0)
        #expect(try harness.bash("echo x > .bashrc").isError)
        #expect(try harness.run("Read", ["file_path": ".bashrc"]).text.contains("does not exist"))
        try waitForNames(["f"])
        #expect(!(try harness.bash("ls -A", access: .readOnly).text.contains(".bashrc")))
    }

    @Test func `a file in a folder's place harms nothing`() throws {
        try harness.write(".config", "a file\n")
        #expect(try harness.bash("cat .config; rm .config").text.contains("a file"))
        #expect(harness.text(".config") == "a file\n")
    }

    @Test func `a link under a guarded name is covered, and what it leads to is guarded`() throws {
        try Folder.make("\(harness.root)/dot")
        try harness.write("dot/bashrc", "old\n")
        try Folder.link("dot/bashrc", at: "\(harness.root)/.bashrc")
        for line in ["echo x >> .bashrc", "echo x >> dot/bashrc", "rm .bashrc", "mv dot d"] {
            #expect(try harness.bash(line).isError, "\(line)")
        }
        #expect(Folder.target(of: "\(harness.root)/.bashrc") == "dot/bashrc")
        #expect(harness.text("dot/bashrc") == "old\n")
    }

    @Test func `git's own folder takes no other settings in any way`() throws {
        _ = try harness.bash("git init -q .")
        // By a person: a command's own would be set aside.
        try harness.write(
            ".git/config", "[core]\n\tbare = false\n\thooksPath = tools/hooks\n")
        try Folder.make("\(harness.root)/tools")
        for line in [
            "echo ../evil > .git/commondir", "echo x > .git/config.worktree", "mv .git g",
            "mkdir -p tools/hooks && echo x > tools/hooks/pre-commit", "mv tools t",
            "rm -rf .git/hooks", "mv .git/hooks .git/h",
        ] { #expect(try harness.bash(line).isError, "\(line)") }
        let works = try harness.bash(
            "git add f && git -c user.name=a -c user.email=a@b commit -qm x && git log --oneline")
        #expect(!works.isError, "\(works.text)")
        let git = "\(harness.root)/.git"
        try harness.wait { !Folder.names(git).contains("commondir") }
    }

    @Test func `in folders below, what is there is guarded, and they can be moved`() throws {
        try Folder.make("\(harness.root)/sub")
        try harness.write("sub/.envrc", "old\n")
        #expect(try harness.bash("echo x >> sub/.envrc").isError)
        #expect(!(try harness.bash("mv sub s2").isError))
        #expect(try harness.bash("echo x >> s2/.envrc").isError)
        #expect(harness.text("s2/.envrc") == "old\n")
    }

    @Test func `what overlaps Switchboard's own folders is refused, from both sides`() throws {
        let state = "\(harness.folder.path)/state"
        try Folder.make(state)
        try Folder.make("\(state)/tls")
        for path in [state, "\(state)/tls", harness.folder.path] {
            #expect(throws: WorkspaceError.forbidden(path: path)) { try workspace(path) }
        }
        // Also where they were moved to since.
        let reserved = ReservedFolders([state])
        #expect(unsafe rename(state, state + ".moved") == 0)
        for path in ["\(state).moved", "\(state).moved/tls"] {
            #expect(throws: WorkspaceError.forbidden(path: path)) {
                try Workspace(
                    path: path, outputFolder: "\(harness.folder.path)/other", reserved: reserved)
            }
        }
    }

    @Test func `no link is in the way to a workspace`() throws {
        try Folder.make("\(harness.root)/sub")
        try Folder.link("sub", at: "\(harness.root)/link")
        #expect(throws: WorkspaceError.self) { try workspace("\(harness.root)/link") }
        #expect(throws: WorkspaceError.self) { try workspace(harness.root, "link") }
        for directory in ["..", "sub/../..", "/etc", "sub/../sub", "/"] {
            #expect(throws: WorkspaceError.self, "\(directory)") {
                try workspace(harness.root, directory)
            }
        }
        for directory in ["sub", "./sub", "sub/", "\(harness.root)/sub"] {
            #expect(try workspace(harness.root, directory).root == "\(harness.root)/sub")
        }
    }

    @Test func `a folder of credentials or of what runs later is no workspace`() throws {
        for name in [".ssh", ".vscode", ".git"] {
            try Folder.make("\(harness.root)/\(name)")
            #expect(throws: WorkspaceError.self, "\(name)") { try workspace(harness.root, name) }
            #expect(throws: WorkspaceError.self, "\(name)") {
                try workspace("\(harness.root)/\(name)")
            }
        }
        #expect(
            try workspace(harness.root, ".vscode", allowsStartupFiles: true).root
                == "\(harness.root)/.vscode")
        #expect(throws: WorkspaceError.self) {
            try workspace(harness.root, ".ssh", allowsStartupFiles: true)
        }
    }
}
