import CLinux
import Glibc
import System

/// Looks at the processes and the memory of a sandbox from outside; from any thread.
///
/// By the sandbox's own `/proc`, which lists all of its processes, wherever in the tree they are,
/// and no others. Some memory of the kernel's stays unseen (buffers of sockets, tables of mappings):
/// only a ``ControlGroup`` counts that.
package final class UsageProbe: Sendable {
    private let processes: OwnedDescriptor
    private let fileSystems: [OwnedDescriptor]

    /// - Parameter pid: the sandbox's first process, in walls that stand.
    /// - Returns: nil where they can't be opened.
    package init?(ofFirstProcess pid: pid_t) {
        func opened(_ path: String) -> OwnedDescriptor? {
            let flags = switchboard_O_PATH | O_DIRECTORY | O_CLOEXEC
            let number = unsafe open("/proc/\(pid)/root\(path)", flags)
            return number < 0 ? nil : OwnedDescriptor(number)
        }
        guard let processes = opened("/proc"), let temporary = opened("/tmp"),
            let shared = opened("/dev/shm")
        else { return nil }
        self.processes = processes
        fileSystems = [temporary, shared]
    }

    /// A sample, for about 15 µs a process.
    package func sample() -> SandboxUsage { look().usage }

    /// Measures the parts of shared memory until it is certain whether the sandbox holds more than
    /// `limit`, the largest processes first.
    ///
    /// Blocks, at most for `time` and one process more; what isn't certain by then is over the
    /// limit.
    package func isOver(bytes limit: Int, within time: Duration) -> Bool {
        let end = ContinuousClock.now + time
        var (usage, processes) = look()
        for (name, memory) in processes.sorted(by: { $0.1.mappedBytes > $1.1.mappedBytes }) {
            if let isOver = usage.isOver(bytes: limit) { return isOver }
            guard ContinuousClock.now < end else { return true }
            usage.measured(memory, share: share(of: name, memory))
        }
        return usage.isOver(bytes: limit) ?? true
    }

    private func look() -> (usage: SandboxUsage, processes: [(String, ProcessMemory)]) {
        var usage = SandboxUsage(fileBytes: fileSystems.reduce(0) { $0 + Self.bytes(in: $1) })
        var found: [(String, ProcessMemory)] = []
        for name in names() where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Gone since the list was read.
            guard let status = ProcessTable.bytes(processes.number, "\(name)/status") else {
                continue
            }
            let memory = ProcessMemory(status: status)
            usage.add(memory)
            found.append((name, memory))
        }
        return (usage, found)
    }

    private func names() -> [String] {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let number = unsafe openat(processes.number, ".", flags)
        return number < 0 ? [] : ProcessTable.names(inOpened: number)
    }

    /// Nothing if it has ended; all of it where that can't be read.
    private func share(of name: String, _ memory: ProcessMemory) -> Int {
        if let text = ProcessTable.bytes(processes.number, "\(name)/smaps_rollup"), !text.isEmpty {
            return ProcessMemory.share(rollup: text) ?? memory.mappedBytes
        }
        let isThere = unsafe faccessat(processes.number, name, F_OK, 0) == 0
        return isThere ? memory.mappedBytes : 0
    }

    /// Blocks in use, and about 1 KiB of the kernel's for each file, empty ones too.
    ///
    /// Where nothing can be learnt, as much as may be there.
    private static func bytes(in fileSystem: OwnedDescriptor) -> Int {
        var status = statvfs()
        guard unsafe fstatvfs(fileSystem.number, &status) == 0 else {
            return ToolLimits.maximumTemporaryBytes
        }
        let blocks = Int(status.f_blocks) - Int(status.f_bfree)
        let files = Int(status.f_files) - Int(status.f_ffree)
        return blocks * Int(status.f_frsize) + files * 1_024
    }
}
