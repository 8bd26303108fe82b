import Crypto
import Glibc

/// A control group of one sandbox: a hard limit on its processes, and on its memory where that
/// can be had (cgroups(7)).
///
/// For root it is the only hard one: RLIMIT_NPROC does not hold for root's own id, which a sandbox
/// keeps outside. Others have it where their service was given a subtree (`Delegate=`), else
/// RLIMIT_NPROC counts the sandbox's processes exactly.
final class ControlGroup {
    private let folder: String

    /// - Returns: nil where this process may make no groups; then the other limits hold.
    init?() {
        guard let parent = Self.parent else { return nil }
        folder = "\(parent)/\(Self.prefix)\(getpid())-\(SecureRandom.identifier())"
        guard unsafe mkdir(folder, 0o755) == 0 else { return nil }
        guard Self.write("\(folder)/pids.max", String(ToolLimits.maximumProcesses)) else {
            _ = unsafe rmdir(folder)
            return nil
        }
        // Not there without the memory controller: memory is then sampled only.
        _ = Self.write("\(folder)/memory.max", String(ToolLimits.maximumMemoryBytes))
    }

    /// Nobody is in it any more: the sandbox has ended.
    deinit { _ = unsafe rmdir(folder) }

    /// Takes a process in, and with it everything that it will start.
    func add(_ pid: pid_t) -> Bool { Self.write("\(folder)/cgroup.procs", String(pid)) }

    /// Removes the groups of workers that are gone; one that somebody is in can't be removed.
    static func sweep() {
        guard let parent else { return }
        for name in TreeUsage.names(in: parent) where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let pid = pid_t(owner), kill(pid, 0) != 0, errno == ESRCH else { continue }
            _ = unsafe rmdir("\(parent)/\(name)")
        }
    }

    private static let prefix = "switchboard-sandbox-"

    /// Where groups are made: below our own group, in the hierarchy that counts processes.
    ///
    /// Looked up once.
    private static let parent: String? = {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let file = unsafe open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let count = unsafe read(file, &buffer, buffer.count)
        let lines = String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: "\n")
        return lines.compactMap { folder(ofLine: $0) }.first { usable($0) }
    }()

    /// A line is `8:pids:/path` in the old hierarchy, `0::/path` in the one of all controllers.
    private static func folder(ofLine line: Substring) -> String? {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        let path = fields[2] == "/" ? "" : String(fields[2])
        if fields[1].split(separator: ",").contains("pids") { return "/sys/fs/cgroup/pids" + path }
        guard fields[0] == "0", fields[1].isEmpty else { return nil }
        let folder = "/sys/fs/cgroup" + path
        // Refused while other processes are in our own group: then there is no group to be had.
        _ = write("\(folder)/cgroup.subtree_control", "+pids")
        _ = write("\(folder)/cgroup.subtree_control", "+memory")
        return folder
    }

    private static func usable(_ folder: String) -> Bool {
        let trial = "\(folder)/\(prefix)\(getpid())-\(SecureRandom.identifier())"
        guard unsafe mkdir(trial, 0o755) == 0 else { return false }
        defer { _ = unsafe rmdir(trial) }
        return unsafe access("\(trial)/pids.max", W_OK) == 0
    }

    private static func write(_ path: String, _ text: String) -> Bool {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return unsafe Glibc.write(file, bytes, bytes.count) == bytes.count
    }
}
