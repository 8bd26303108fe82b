/// A group below which groups for sandboxes may be made; pure.
package struct ControlGroupPlace: Equatable {
    /// Absolute, without a slash at its end.
    package let folder: String
    /// Of the hierarchy with all controllers (cgroup v2), in which a group hands them down to the
    /// groups below it.
    package let isUnified: Bool

    package init(folder: String, isUnified: Bool) {
        self.folder = folder
        self.isUnified = isUnified
    }

    /// The places to try, the best one first.
    ///
    /// Below the process's own group it needs nobody's leave, be it delegated to a service or
    /// root's. In the unified hierarchy a group with processes in it can't hand controllers down,
    /// so root, started from a shell, makes its groups at the top.
    ///
    /// - Parameter text: `/proc/self/cgroup`, whose lines are `8:pids:/path` in the old hierarchies,
    ///   `0::/path` in the unified one.
    package static func candidates(ofProcess text: String, isRoot: Bool) -> [ControlGroupPlace] {
        var places: [ControlGroupPlace] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let path = fields[2] == "/" ? "" : String(fields[2])
            if fields[1].split(separator: ",").contains("pids") {
                places.append(.init(folder: "/sys/fs/cgroup/pids" + path, isUnified: false))
            } else if fields[0] == "0", fields[1].isEmpty {
                places.append(.init(folder: "/sys/fs/cgroup" + path, isUnified: true))
            }
        }
        let top = ControlGroupPlace(folder: "/sys/fs/cgroup", isUnified: true)
        if isRoot, places.contains(where: \.isUnified), !places.contains(top) { places.append(top) }
        return places
    }
}
