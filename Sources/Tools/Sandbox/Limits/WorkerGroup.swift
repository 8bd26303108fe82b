import Glibc
import System

/// The control groups that a worker which root starts makes for the user that it becomes: what a
/// service manager does with `Delegate=`, where there is none.
public enum WorkerGroup {
    private static let prefix = "switchboard-agent-"

    /// Moves this process, still root, into groups that are `user`'s to divide, as far as that can
    /// be.
    ///
    /// Also removes those of workers that are gone: what becomes another user can't remove its own.
    public static func enter(for user: UnixUser) {
        let ours = ProcessTable.lines("/proc/self/cgroup").joined(separator: "\n")
        let candidates = ControlGroupPlace.candidates(ofProcess: ours, isRoot: true)
        for place in ControlGroupPlace.chosen(of: candidates, usable: ControlGroup.usable) {
            sweep(place.folder)
            let folder = "\(place.folder)/\(prefix)\(getpid())"
            guard unsafe mkdir(folder, 0o755) == 0 else { continue }
            let isEntered =
                give(folder, to: user) && ProcessTable.write("\(folder)/cgroup.procs", "0")
            if !isEntered { _ = unsafe rmdir(folder) }
        }
    }

    /// The files by which a group is divided (cgroups(7), "Delegation"); its limits stay root's.
    private static func give(_ folder: String, to user: UnixUser) -> Bool {
        let files = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"]
        let paths = [folder] + files.map { "\(folder)/\($0)" }
        return paths.allSatisfy { path in
            // The old hierarchies have the first only.
            unsafe chown(path, user.uid, user.gid) == 0 || errno == ENOENT
        }
    }

    /// What is left in a sandbox of theirs is killed; a group that isn't empty yet is the next
    /// worker's to remove.
    private static func sweep(_ folder: String) {
        for name in ProcessTable.names(in: folder) where name.hasPrefix(prefix) {
            guard let pid = pid_t(name.dropFirst(prefix.count)), kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            let group = "\(folder)/\(name)"
            ControlGroup.sweep(below: group)
            _ = unsafe rmdir("\(group)/\(DelegatedGroup.leaf)")
            _ = unsafe rmdir(group)
        }
    }
}
