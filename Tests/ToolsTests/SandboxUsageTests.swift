import Glibc
import Testing
import Tools

@Suite struct SandboxUsageTests {
    private func memory(_ lines: String) -> ProcessMemory {
        ProcessMemory(status: Array(lines.utf8))
    }

    @Test func `a process's status tells what it maps and what is its own`() {
        let status =
            "Name:\tRssAnon: 9\nVmRSS:\t  100 kB\nRssAnon:\t  40 kB\nRssFile:\t  50 kB\n"
            + "RssShmem:\t  10 kB\nVmPTE:\t  3 kB\nVmSwap:\t  2 kB\nHugetlbPages:\t  4 kB\n"
            + "Threads:\t7\nno line of this kind\n"
        let memory = memory(status)
        #expect(memory.tasks == 7)
        #expect(memory.mappedBytes == 52 * 1_024)
        #expect(memory.ownBytes == 7 * 1_024)
        #expect(self.memory("Name:\tgone\nState:\tZ (zombie)\nThreads:\t1\n").mappedBytes == 0)
    }

    @Test func `a process's part is its own and shared memory, swap included, without files`() {
        let rollup =
            "55f0-7ffe ---p 00000000 00:00 0  [rollup]\nRss:  900 kB\nPss: 500 kB\n"
            + "Pss_Anon:  200 kB\nPss_File:  7 kB\nPss_Shmem:  100 kB\nSwapPss:  50 kB\n"
        #expect(ProcessMemory.share(rollup: Array(rollup.utf8)) == 350 * 1_024)
        #expect(ProcessMemory.share(rollup: Array("Rss: 9 kB\n".utf8)) == nil)
    }

    @Test func `what two processes share is certain only once it was measured`() {
        let process = memory("RssShmem:\t100 kB\nThreads:\t1\n")
        var usage = SandboxUsage(fileBytes: 1_024)
        usage.add(process)
        usage.add(process)
        #expect(usage.tasks == 2)
        #expect(usage.isOver(bytes: 201 * 1_024) == false)
        #expect(usage.isOver(bytes: 200 * 1_024) == nil)
        #expect(usage.isOver(bytes: 1_023) == true)
        usage.measured(process, share: 50 * 1_024)
        #expect(usage.isOver(bytes: 100 * 1_024) == nil)
        #expect(usage.isOver(bytes: 50 * 1_024) == true)
        usage.measured(process, share: 50 * 1_024)
        #expect(usage.isOver(bytes: 101 * 1_024) == false)
        #expect(usage.isOver(bytes: 100 * 1_024) == true)
        #expect(usage.leastBytes == usage.mostBytes)
    }

    // MARK: - Of a sandbox

    /// Probes a sandbox as soon as its command says that it is ready.
    private func probe<Result>(
        _ python: String, _ body: @escaping (UsageProbe) throws -> Result
    ) throws -> Result {
        let harness = try Harness()
        try harness.write("hold.py", python)
        var result: Swift.Result<Result?, any Error>?
        // Other tests have sandboxes of their own meanwhile.
        let mark = harness.root
        let outcome = try harness.bash("python3 hold.py \(mark)") { output in
            guard output.contains("ready") else { return false }
            result = .init { try Self.firstProcess(mark).flatMap(UsageProbe.init).map(body) }
            return true
        }
        return try #require(try result?.get(), "\(outcome.text)")
    }

    /// Of the sandbox whose command has this mark: bubblewrap itself, the first of its namespace.
    private static func firstProcess(_ mark: String) -> pid_t? {
        Folder.names("/proc").compactMap { pid_t($0) }.first { pid in
            Folder.text("/proc/\(pid)/status")?.contains("NSpid:\t\(pid)\t1\n") == true
                && Folder.text("/proc/\(pid)/cmdline")?.contains("hold.py \(mark)") == true
        }
    }

    private static let mebibyte = 1_024 * 1_024

    @Test func `what several processes share counts once`() throws {
        let python = """
            import mmap, os, time
            shared = mmap.mmap(-1, 64 << 20)
            shared.write(b"x" * (64 << 20))
            mine = bytearray(os.urandom(1)) * (64 << 20)
            ready, told = os.pipe()
            for _ in range(5):
                if os.fork() == 0:
                    sum(shared[::4096]), sum(mine[::4096]), os.write(told, b"x")
                    time.sleep(60)
            for _ in range(5): os.read(ready, 1)
            print("ready", flush=True)
            time.sleep(60)
            """
        try probe(python) { probe in
            let usage = probe.sample()
            #expect(usage.mostBytes > 6 * 128 * Self.mebibyte)
            #expect(usage.isOver(bytes: 256 * Self.mebibyte) == nil)
            #expect(!probe.isOver(bytes: 256 * Self.mebibyte, within: .seconds(20)))
            #expect(probe.isOver(bytes: 120 * Self.mebibyte, within: .seconds(20)))
            // No time to be certain: as if it were over.
            #expect(probe.isOver(bytes: 256 * Self.mebibyte, within: .zero))
            #expect(usage.tasks >= 7)
        }
    }

    @Test(arguments: ["/tmp", "/dev/shm"])
    func `files in memory count, mapped or not, and so do empty ones`(_ folder: String) throws {
        let python = """
            import os, time
            with open("\(folder)/big", "wb") as file: file.write(b"x" * (64 << 20))
            os.mkdir("\(folder)/many")
            for n in range(8192): open(f"\(folder)/many/{n}", "w")
            print("ready", flush=True)
            time.sleep(60)
            """
        let least = try probe(python) { $0.sample().leastBytes }
        #expect((72 * Self.mebibyte...90 * Self.mebibyte).contains(least), "\(least)")
    }

    @Test func `page tables count, which a sparse mapping fills with little memory`() throws {
        let python = """
            import mmap, time
            maps = [mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE | 0x4000,
                              prot=mmap.PROT_READ)]
            for place in range(0, 16 << 30, 2 << 20): maps[0][place]
            print("ready", flush=True)
            time.sleep(60)
            """
        let least = try probe(python) { $0.sample().leastBytes }
        #expect(least > 30 * Self.mebibyte)
    }
}
