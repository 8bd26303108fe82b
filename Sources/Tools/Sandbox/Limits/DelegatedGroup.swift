import Glibc

/// A group of the unified hierarchy (cgroup v2) that hands its controllers down.
///
/// One with processes in it can't, unless it is the top: a process that was given a group of its
/// own (`Delegate=`) first moves into a leaf of it.
package struct DelegatedGroup {
    /// Absolute, without a slash at its end.
    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// Lets groups below it have these, as far as that can be.
    package func handDown(_ controllers: [String]) {
        let present = ProcessTable.line("\(folder)/cgroup.controllers").split(separator: " ")
        let controllers = controllers.filter { present.contains(Substring($0)) }
        let isDone = controllers.map(handDown)
        guard isDone.contains(false), isOurs else { return }
        let leaf = "\(folder)/switchboard-worker"
        guard unsafe mkdir(leaf, 0o755) == 0 || errno == EEXIST,
            ProcessTable.write("\(leaf)/cgroup.procs", String(getpid()))
        else { return }
        for controller in controllers { _ = handDown(controller) }
    }

    private func handDown(_ controller: String) -> Bool {
        ProcessTable.write("\(folder)/cgroup.subtree_control", "+\(controller)")
    }

    /// Whether nobody else is in it: the group of a service, and not of a shell.
    private var isOurs: Bool {
        ProcessTable.lines("\(folder)/cgroup.procs") == [Substring(String(getpid()))]
    }
}
