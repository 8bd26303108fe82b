import Glibc

/// What a worker that was killed may leave behind, found and removed by the next.
///
/// A sandbox dies with its worker, but for one moment: if bubblewrap 0.8 is killed after it made
/// the sandbox's first process and before it told that to go on, that process waits for ever. It
/// runs nothing, and it is told by its parent, which is no bubblewrap any more.
enum Leftovers {
    /// Ends such processes of this user, and removes control groups that nobody is in.
    ///
    /// Reads all of `/proc` once; for the start of a process.
    static func sweep() {
        for name in ProcessTable.names(in: "/proc") {
            guard let pid = pid_t(name), isOrphan(pid) else { continue }
            // Denied where it is another user's; gone is as good.
            _ = kill(pid, SIGKILL)
        }
        ControlGroup.sweep()
    }

    private static func isOrphan(_ pid: pid_t) -> Bool {
        guard ProcessTable.line("/proc/\(pid)/comm") == "bwrap",
            ProcessTable.line("/proc/\(pid)/cmdline").contains(SandboxView.marker),
            isFirstOfItsNamespace(pid), let parent = ProcessTable.parent(of: pid)
        else { return false }
        return ProcessTable.line("/proc/\(parent)/comm") != "bwrap"
    }

    /// By the line `NSpid: 5362 1` of its status.
    private static func isFirstOfItsNamespace(_ pid: pid_t) -> Bool {
        let line = ProcessTable.lines("/proc/\(pid)/status").first { $0.hasPrefix("NSpid:") }
        let numbers = line?.split { $0 == "\t" || $0 == " " }.dropFirst() ?? []
        return numbers.count > 1 && numbers.last == "1"
    }
}
