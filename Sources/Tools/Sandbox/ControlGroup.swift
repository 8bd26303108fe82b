import Crypto
import Glibc

/// A control group of one sandbox: a hard limit on its processes, and on its memory where that
/// can be had (cgroups(7)).
///
/// For root it is the only hard one: RLIMIT_NPROC does not hold for root's own id, which a sandbox
/// keeps outside, so that without a group nothing runs (``isNeeded``). Others have it where their
/// service was given a subtree (`Delegate=`), else RLIMIT_NPROC counts the sandbox's processes
/// exactly.
final class ControlGroup {
    /// Whether a sandbox without one has no hard limit on its processes: the kernel counts none of
    /// root's (setrlimit(2), RLIMIT_NPROC).
    static var isNeeded: Bool { geteuid() == 0 || getuid() == 0 }
    /// Whether this process may make groups.
    static var isPossible: Bool { parent != nil }

    private let folder: String

    /// - Returns: nil where this process may make no groups.
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

    /// Where groups are made, in the hierarchy that counts processes; looked up once.
    private static let parent: String? = {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let file = unsafe open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let count = unsafe read(file, &buffer, buffer.count)
        let ours = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return ControlGroupPlace.candidates(ofProcess: ours, isRoot: isNeeded).first(where: usable)
            .map(\.folder)
    }()

    private static func usable(_ place: ControlGroupPlace) -> Bool {
        let folder = place.folder
        if place.isUnified {
            // Refused where processes are in that very group, unless it is the root of all.
            _ = write("\(folder)/cgroup.subtree_control", "+pids")
            _ = write("\(folder)/cgroup.subtree_control", "+memory")
        }
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
