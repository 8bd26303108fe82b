import Glibc
import JSON
import Testing
import Tools

@Suite(.serialized) struct `Odd files and names` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test func `what is no regular file is never opened, listed or searched`() throws {
        let root = harness.root
        #expect(unsafe mkfifo("\(root)/fifo", 0o666) == 0)
        let socket = try bound("\(root)/socket")
        defer { close(socket) }
        if getuid() == 0 {
            // The memory device that never ends.
            #expect(unsafe mknod("\(root)/zero", S_IFCHR | 0o666, 0x105) == 0)
        }
        try Folder.link("fifo", at: "\(root)/link")
        try harness.write("file", "text\n")
        let start = ContinuousClock.now
        #expect(try harness.run("Glob", ["pattern": "**"]).text == "file")
        #expect(try harness.run("Grep", ["pattern": "text|"]).text == "file")
        for name in ["fifo", "socket", "link"] + (getuid() == 0 ? ["zero"] : []) {
            let calls: [(String, JSONObject)] = [
                ("Read", ["file_path": .string(name)]),
                ("Grep", ["pattern": "x", "path": .string(name)]),
                ("Grep", ["pattern": "x", "path": .string(name), "multiline": true]),
                ("Write", ["file_path": .string(name), "content": "x"]),
                ("Edit", ["file_path": .string(name), "old_string": "a", "new_string": "b"]),
            ]
            for (tool, input) in calls {
                let outcome = try harness.run(tool, input)
                #expect(
                    outcome.isError && outcome.text.contains("FIFO"), "\(tool): \(outcome.text)")
            }
            #expect(try harness.run("Glob", ["pattern": "*", "path": .string(name)]).isError)
        }
        #expect(ContinuousClock.now - start < ToolLimits.searchTime)
    }

    @Test func `a sparse file of a terabyte, a loop of links and what is gone are said to be so`()
        throws
    {
        let file = unsafe open("\(harness.root)/sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        #expect(ftruncate(file, 1 << 40) == 0)
        close(file)
        try Folder.link("b", at: "\(harness.root)/a")
        try Folder.link("a", at: "\(harness.root)/b")
        try harness.write("x", "needle")
        #expect(try harness.run("Read", ["file_path": "sparse"]).text.contains("files over"))
        #expect(try harness.run("Read", ["file_path": "a"]).text.contains("link"))
        #expect(try harness.run("Grep", ["pattern": "x", "path": "a"]).text.contains("link"))
        for multiline in [false, true] {
            #expect(
                try harness.run("Grep", ["pattern": "needle", "multiline": .bool(multiline)]).text
                    == "x")
        }
    }

    @Test func `names that can't be shown are counted, and never shown wrong`() throws {
        for name in [[0x61, 0xE9], [0x61, 0x0A, 0x62], [0x1B, 0x5B, 0x41]] as [[UInt8]] {
            try make(name, "needle\rx\n")
        }
        try harness.write("good", "needle\n")
        let listed = try harness.run("Glob", ["pattern": "*"]).text
        #expect(listed.hasPrefix("good\n(3 files are not shown"), "\(listed)")
        #expect(listed.split(separator: "\n").count == 2)
        #expect(try harness.run("Glob", ["pattern": "g*"]).text == "good")
        for mode in ["files_with_matches", "count", "content"] {
            let found = try harness.run(
                "Grep", ["pattern": "needle", "output_mode": .string(mode)]
            ).text
            #expect(found.hasPrefix("good") && found.contains("(3 files are not shown"), "\(found)")
            #expect(found.split(separator: "\n").count == 2, "\(found)")
        }
    }

    @Test func `a name that begins with a combining mark is a name like any other`() throws {
        let mark = "\u{301}x"
        #expect(
            !(try harness.run("Write", ["file_path": .string("d/\(mark)"), "content": "1"])).isError
        )
        #expect(try harness.run("Read", ["file_path": .string("d/\(mark)")]).text.contains("1"))
        #expect(
            try harness.run(
                "Edit",
                [
                    "file_path": .string("\(harness.root)/d/\(mark)"), "old_string": "1",
                    "new_string": "2",
                ]
            ).isError == false)
        #expect(Folder.names("\(harness.root)/d").map { Array($0.utf8) } == [Array(mark.utf8)])
        for pattern in ["d/*", "**/\(mark)", "\(harness.root)/d/\(mark)", "d/?x"] {
            let found = try harness.run("Glob", ["pattern": .string(pattern)]).text
            #expect(Array(found.utf8) == Array("d/\(mark)".utf8), "\(pattern)")
        }
        #expect(
            try harness.run("Grep", ["pattern": "2", "path": .string("d/\(mark)")]).text.utf8.count
                == 5)
    }

    @Test func `names that Unicode calls equal are two files`() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        try harness.write(composed, "one")
        try harness.write(decomposed, "two")
        try harness.run("Read", ["file_path": .string(composed)])
        let other = try harness.run("Write", ["file_path": .string(decomposed), "content": "x"])
        #expect(other.isError && other.text.contains("Read it first"), "\(other.text)")
        try harness.run("Read", ["file_path": .string(decomposed)])
        #expect(
            !(try harness.run("Write", ["file_path": .string(composed), "content": "1"])).isError)
        #expect(harness.text(composed) == "1" && harness.text(decomposed) == "two")
        #expect(
            try harness.run("Glob", ["pattern": .string(decomposed)]).text.utf8.count == 3)
    }

    @Test func `a thousand folders deep is found, read and written`() throws {
        let path = String(repeating: "d/", count: 1_000) + "f"
        #expect(
            !(try harness.run("Write", ["file_path": .string(path), "content": "needle\n"])).isError
        )
        #expect(try harness.run("Glob", ["pattern": "**/f"]).text == path)
        #expect(try harness.run("Grep", ["pattern": "needle"]).text == path)
        #expect(try harness.run("Read", ["file_path": .string(path)]).text.contains("needle"))
    }

    @Test func `a folder of many files is listed to the end`() throws {
        for number in 0..<20_000 { try harness.write("f\(number)", "") }
        let listed = try harness.run("Glob", ["pattern": "f*"]).text
        #expect(listed.contains("20000 files match; these are the newest 200"))
    }

    private func make(_ name: [UInt8], _ text: String) throws {
        let path = (Array("\(harness.root)/".utf8) + name + [0]).map { CChar(bitPattern: $0) }
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        #expect(file >= 0)
        defer { close(file) }
        let bytes = Array(text.utf8)
        #expect(unsafe Glibc.write(file, bytes, bytes.count) == bytes.count)
    }

    private func bound(_ path: String) throws -> Int32 {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) == 0
            }
        }
        guard isBound else { throw Folder.Failure("binding \(path)", errno) }
        return socket
    }
}
