import Crypto
import Glibc

/// A control group of one sandbox, in each hierarchy that it takes: a hard limit on its processes,
/// and on its memory where that can be had (cgroups(7)).
///
/// For root it is the only hard one: RLIMIT_NPROC does not hold for root's own id, which a sandbox
/// keeps outside, so that without a group nothing runs (``isNeeded``). Others have it where their
/// service was given a subtree (`Delegate=`), else RLIMIT_NPROC counts the sandbox's processes
/// exactly, and its memory is sampled (``UsageProbe``).
final class ControlGroup {
    /// Whether a sandbox without one has no hard limit on its processes: the kernel counts none of
    /// root's (setrlimit(2), RLIMIT_NPROC).
    static var isNeeded: Bool { geteuid() == 0 || getuid() == 0 }
    /// Whether this process may make groups that bound processes.
    static var isPossible: Bool { places.contains { $0.bounds.contains(.processes) } }

    /// Whether the kernel holds each sandbox's memory back.
    static var boundsMemory: Bool { places.contains { $0.bounds.contains(.memory) } }

    private var parts: [(folder: String, place: ControlGroupPlace)] = []

    /// - Returns: nil where this process may make no groups.
    init?() {
        guard Self.isPossible else { return nil }
        let name = "\(Self.prefix)\(getpid())-\(SecureRandom.identifier())"
        for place in Self.places {
            let folder = "\(place.folder)/\(name)"
            guard unsafe mkdir(folder, 0o755) == 0 else { return nil }
            parts.append((folder, place))
            guard Self.place(limitsOn: folder, place) else { return nil }
        }
    }

    /// Nobody is in it any more: the sandbox has ended.
    deinit { for part in parts { _ = unsafe rmdir(part.folder) } }

    /// Whether the kernel holds the sandbox's memory back; else it has to be sampled.
    var boundsMemory: Bool { parts.contains { $0.place.bounds.contains(.memory) } }

    /// Takes a process in, and with it everything that it will start.
    func add(_ pid: pid_t) -> Bool {
        parts.allSatisfy { ProcessTable.write("\($0.folder)/cgroup.procs", String(pid)) }
    }

    /// The limit that the kernel held the sandbox to, once it has: it killed a process for want of
    /// memory, or let none be made.
    var reached: SandboxStop? {
        for (folder, place) in parts {
            let memory = place.isUnified ? "memory.events" : "memory.oom_control"
            if place.bounds.contains(.memory), Self.count("oom_kill", "\(folder)/\(memory)") > 0 {
                return .tooMuchMemory
            }
            if place.bounds.contains(.processes), Self.count("max", "\(folder)/pids.events") > 0 {
                return .tooManyProcesses
            }
        }
        return nil
    }

    private static func count(_ word: String, _ path: String) -> Int {
        ProcessTable.count(word, in: path) ?? 0
    }

    private static func place(limitsOn folder: String, _ place: ControlGroupPlace) -> Bool {
        var limits: [(file: String, value: Int)] = []
        if place.bounds.contains(.processes) {
            limits.append(("pids.max", ToolLimits.maximumProcesses))
        }
        if place.bounds.contains(.memory) {
            limits.append((memoryFile(place), ToolLimits.maximumMemoryBytes))
            // These are not everywhere: no swap beyond the limit, and all of it ends at once.
            let more =
                place.isUnified
                ? [("memory.swap.max", 0), ("memory.oom.group", 1)]
                : [("memory.memsw.limit_in_bytes", ToolLimits.maximumMemoryBytes)]
            limits += more.filter { unsafe access("\(folder)/\($0.0)", F_OK) == 0 }
        }
        return limits.allSatisfy { ProcessTable.write("\(folder)/\($0.file)", String($0.value)) }
    }

    private static func memoryFile(_ place: ControlGroupPlace) -> String {
        place.isUnified ? "memory.max" : "memory.limit_in_bytes"
    }
}

// MARK: - Places

extension ControlGroup {
    private static let prefix = "switchboard-sandbox-"

    /// Where groups are made; looked up once.
    private static let places: [ControlGroupPlace] = {
        let ours = ProcessTable.lines("/proc/self/cgroup").joined(separator: "\n")
        let candidates = ControlGroupPlace.candidates(ofProcess: ours, isRoot: isNeeded)
        return ControlGroupPlace.chosen(of: candidates, usable: usable)
    }()

    /// Ends what is in the groups of workers that are gone, and removes those that are empty.
    static func sweep() { for place in places { sweep(below: place.folder) } }

    static func sweep(below place: String) {
        for name in ProcessTable.names(in: place) where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let pid = pid_t(owner), kill(pid, 0) != 0, errno == ESRCH else { continue }
            let folder = "\(place)/\(name)"
            // A process that can't be seen from here has the number 0.
            for member in ProcessTable.lines("\(folder)/cgroup.procs").compactMap({ pid_t($0) })
            where member > 1 { _ = kill(member, SIGKILL) }
            _ = unsafe rmdir(folder)
        }
    }

    /// What a group below `place` can bound; a trial.
    static func usable(_ place: ControlGroupPlace) -> Set<ControlGroupPlace.Bound> {
        if place.isUnified { DelegatedGroup(folder: place.folder).handDown(["pids", "memory"]) }
        let trial = "\(place.folder)/\(prefix)\(getpid())-\(SecureRandom.identifier())"
        guard unsafe mkdir(trial, 0o755) == 0 else { return [] }
        defer { _ = unsafe rmdir(trial) }
        return place.bounds.filter { bound in
            let file = bound == .processes ? "pids.max" : memoryFile(place)
            return unsafe access("\(trial)/\(file)", W_OK) == 0
        }
    }
}
