import Glibc

/// A group of the unified hierarchy (cgroup v2) that hands its controllers down.
///
/// One with processes in it can't, unless it is the top: a process that was given a group of its
/// own (`Delegate=`) first moves into a leaf of it. First of all: a controller of threads, such as
/// pids, can be handed down past processes, and then the group is a threaded one, below which memory
/// is never to be had and no process enters a new group (`domain invalid`).
package struct DelegatedGroup {
    /// Where the process goes.
    static let leaf = "switchboard-worker"

    /// Absolute, without a slash at its end.
    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// Lets groups below it have these, as far as that can be; else changes nothing.
    package func handDown(_ controllers: [String]) {
        let present = words("cgroup.controllers")
        let done = words("cgroup.subtree_control")
        let missing = controllers.filter { present.contains($0) && !done.contains($0) }
        guard !missing.isEmpty, isTop || isLeft() else { return }
        for controller in missing {
            _ = ProcessTable.write("\(folder)/cgroup.subtree_control", "+\(controller)")
        }
    }

    /// The only one without a type.
    private var isTop: Bool { unsafe access("\(folder)/cgroup.type", F_OK) != 0 }

    /// Whether nobody is in it, once this process has left for the leaf: the group of a service, and
    /// not of a shell.
    private func isLeft() -> Bool {
        let members = ProcessTable.lines("\(folder)/cgroup.procs")
        guard members == [Substring(String(getpid()))] else { return members.isEmpty }
        let leaf = "\(folder)/\(Self.leaf)"
        return (unsafe mkdir(leaf, 0o755) == 0 || errno == EEXIST)
            && ProcessTable.write("\(leaf)/cgroup.procs", String(getpid()))
    }

    private func words(_ file: String) -> Set<String> {
        Set(ProcessTable.line("\(folder)/\(file)").split(separator: " ").map(String.init))
    }
}
