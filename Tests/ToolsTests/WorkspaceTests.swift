import System
import Glibc
import JSON
import Synchronization
import Testing
import Tools

@Suite(.serialized) struct `Paths of a workspace` {
    let harness: Harness
    let secret: String
    init() throws {
        harness = try Harness()
        secret = "\(harness.folder.path)/secret"
        try Folder.make(secret)
        try Folder.write("\(secret)/f", "the secret")
        try harness.write("f", "inside\n")
    }

    @Test(arguments: [
        "../secret/f", "./../secret/f", "a/../../secret/f", "/etc/passwd", "/etc/shadow",
        "/proc/self/environ", "/proc/self/root/etc/passwd", "/proc/1/environ", "~/.ssh/id_rsa",
        "/", "..", "/proc/self/cwd/f", "//etc/passwd",
    ])
    func `a path out of the workspace is refused`(_ path: String) throws {
        for (name, input) in [
            ("Read", ["file_path": .string(path)]),
            ("Write", ["file_path": .string(path), "content": "x"]),
            ("Edit", ["file_path": .string(path), "old_string": "", "new_string": "x"]),
            ("Glob", ["pattern": "*", "path": .string(path)]),
            ("Grep", ["pattern": "x", "path": .string(path)]),
        ] as [(String, JSONObject)] {
            let outcome = try harness.run(name, input)
            #expect(outcome.isError, "\(name) \(path)")
            #expect(outcome.text.contains("outside"), "\(name) \(path): \(outcome.text)")
        }
    }

    @Test func `absolute paths within, dots and links within are followed`() throws {
        try Folder.make("\(harness.root)/d")
        try harness.write("d/g", "deep\n")
        try Folder.link("d", at: "\(harness.root)/l")
        for path in ["d/g", "\(harness.root)/d/g", "l/g", "./d/./g", "d/../d/g", "d//g"] {
            #expect(try read(path).text.contains("deep"), "\(path)")
        }
    }

    @Test func `a link that leads out is not followed, whatever it stands for`() throws {
        try Folder.link(secret, at: "\(harness.root)/folder")
        try Folder.link("\(secret)/f", at: "\(harness.root)/file")
        try Folder.link("../secret/f", at: "\(harness.root)/relative")
        try Folder.link("/proc/self/root\(secret)/f", at: "\(harness.root)/magic")
        try Folder.link("\(secret)/new", at: "\(harness.root)/dangling")
        for path in ["folder/f", "file", "relative", "magic", "dangling"] {
            let outcome = try read(path)
            #expect(outcome.isError && !outcome.text.contains("the secret"), "\(path)")
            let written = try harness.run(
                "Write", ["file_path": .string(path), "content": "overwritten"])
            #expect(written.isError, "\(path)")
        }
        #expect(Folder.text("\(secret)/f") == "the secret")
        #expect(Folder.names(secret) == ["f"])
    }

    @Test func `no race of folders and links leads out`() throws {
        let d = "\(harness.root)/d"
        try Folder.make(d)
        try harness.write("d/f", "inside\n")
        try Folder.link(secret, at: "\(harness.root)/l")
        let swapper = Swapper(d, with: "\(harness.root)/l")
        defer { swapper.stop() }
        var inside = 0
        var rounds = 0
        let end = ContinuousClock.now + .seconds(30)
        while rounds < 300 || (inside == 0 || swapper.swaps <= 100) && ContinuousClock.now < end {
            rounds += 1
            let outcome = try read("d/f")
            #expect(!outcome.text.contains("the secret"))
            inside += outcome.isError ? 0 : 1
        }
        #expect(swapper.swaps > 100, "the race was never run")
        #expect(inside > 0, "nothing was ever read")
        for round in 0..<300 {
            // These make `d` where it is missing, after which the race is over; hence the second.
            try harness.run(
                "Write", ["file_path": .string("d/new\(round)"), "content": "x"])
        }
        swapper.stop()
        #expect(Folder.names(secret) == ["f"])
    }

    @Test func `what was judged is what is written, also when a link takes its place`() throws {
        try Folder.make("\(harness.root)/d")
        try Folder.make("\(harness.root)/other")
        let call = try harness.prepare("Write", ["file_path": "d/new", "content": "x"]).get()
        #expect(unsafe rename("\(harness.root)/d", "\(harness.root)/moved") == 0)
        try Folder.link("other", at: "\(harness.root)/d")
        let outcome = try harness.run(call, access: .writable)
        #expect(outcome.isError && outcome.text.contains("symbolic link"), "\(outcome.text)")
        #expect(Folder.names("\(harness.root)/other").isEmpty)
    }

    @Test func `FIFOs, devices and sockets are refused at once`() throws {
        #expect(unsafe mkfifo("\(harness.root)/fifo", 0o600) == 0)
        let outcome = try read("fifo")
        #expect(outcome.isError && outcome.text.contains("FIFO"))
        let written = try harness.run("Write", ["file_path": "fifo", "content": "x"])
        #expect(written.isError && written.text.contains("FIFO"))
        guard getuid() == 0 else { return }
        // /dev/full by its numbers: opening it would be harmless, opening others is not.
        #expect(unsafe mknod("\(harness.root)/device", S_IFCHR | 0o600, 1 << 8 | 7) == 0)
        #expect(try read("device").text.contains("device"))
    }

    @Test func `a hard link is read, and writing leaves its other name alone`() throws {
        // Who made it could read the file already; the write must not reach out.
        #expect(unsafe link("\(secret)/f", "\(harness.root)/hard") == 0)
        #expect(try read("hard").text.contains("the secret"))
        let outcome = try harness.run("Write", ["file_path": "hard", "content": "mine"])
        #expect(!outcome.isError, "\(outcome.text)")
        #expect(harness.text("hard") == "mine")
        #expect(Folder.text("\(secret)/f") == "the secret")
    }

    @Test func `credentials within the workspace stay hidden`() throws {
        try Folder.make("\(harness.root)/.ssh")
        try harness.write(".ssh/id", "the secret")
        try harness.write(".netrc", "the secret")
        try Folder.link(".ssh", at: "\(harness.root)/link")
        for path in [".ssh/id", ".netrc", "link/id", "x/../.ssh/id"] {
            #expect(try read(path).text.contains("is hidden"), "\(path)")
            let written = try harness.run(
                "Write", ["file_path": .string(path), "content": "x"])
            #expect(written.isError, "\(path)")
        }
        #expect(!(try harness.run("Glob", ["pattern": "**"]).text.contains("key")))
        #expect(!(try harness.run("Grep", ["pattern": "the secret"]).text.contains("key")))
        for line in ["cat .ssh/id", "cat .netrc", "cat link/id"] {
            #expect(!(try harness.bash(line).text.contains("the secret")), "\(line)")
        }
    }

    @Test(arguments: ["/", "/etc", "/usr/lib", "/proc", "/home", "/tmp", "/run/user", "relative"])
    func `a part of the system is no workspace`(_ path: String) throws {
        #expect(throws: WorkspaceError.self) {
            try Workspace(
                path: path, outputFolder: "\(harness.folder.path)/other",
                reserved: ReservedFolders([]))
        }
    }

    @Test func `a kernel without openat2 gets a walk that follows no link`() throws {
        try Folder.make("\(harness.root)/d")
        try harness.write("d/g", "deep")
        try Folder.link("d", at: "\(harness.root)/l")
        try Folder.link("d/g", at: "\(harness.root)/file")
        let root = OwnedDescriptor(unsafe open(harness.root, O_RDONLY | O_DIRECTORY))
        func walk(_ path: String) -> Int32? {
            switch Beneath.walk(path, in: root.number, flags: O_RDONLY) {
            case .success: nil
            case .failure(let error): error.number
            }
        }
        #expect(walk("d/g") == nil)
        #expect(walk("") == nil)
        #expect(walk("l/g") == ELOOP)
        #expect(walk("file") == ELOOP)
        #expect(walk("../secret/f") == EXDEV)
        #expect(walk("d/../../secret/f") == EXDEV)
        #expect(walk("none") == ENOENT)
    }

    private func read(_ path: String) throws -> ToolOutcome {
        try harness.run("Read", ["file_path": .string(path)])
    }
}

/// Swaps a folder and a link under the same name, again and again, on a thread.
private final class Swapper: Sendable {
    private let isStopped = Atomic(false)
    private let isDone = Atomic(false)
    private let count = Atomic(0)
    var swaps: Int { count.load(ordering: .relaxed) }

    init(_ folder: String, with link: String) {
        NamedThread.start("swapper") { [self] in
            while !isStopped.load(ordering: .relaxed) {
                _ = unsafe rename(folder, folder + ".away")
                _ = unsafe rename(link, folder)
                Self.pause()
                _ = unsafe rename(folder, link)
                _ = unsafe rename(folder + ".away", folder)
                Self.pause()
                count.add(1, ordering: .relaxed)
            }
            isDone.store(true, ordering: .releasing)
        }
    }

    /// Of random length, so that it doesn't keep step with the other side.
    private static func pause() {
        let end = ContinuousClock.now + .microseconds(Int.random(in: 0..<300))
        while ContinuousClock.now < end {}
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        while !isDone.load(ordering: .acquiring) { sched_yield() }
    }
}
