/// A group below which groups for sandboxes may be made; pure.
package struct ControlGroupPlace: Equatable {
    /// What a group can bound.
    package enum Bound: CaseIterable { case processes, memory }

    /// Absolute, without a slash at its end.
    package let folder: String
    /// Of the hierarchy with all controllers (cgroup v2), in which a group hands them down to the
    /// groups below it.
    package let isUnified: Bool
    /// What groups below it are for.
    package var bounds: Set<Bound>

    package init(folder: String, isUnified: Bool, bounds: Set<Bound>) {
        self.folder = folder
        self.isUnified = isUnified
        self.bounds = bounds
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
            let controllers = fields[1].split(separator: ",")
            for (controller, bound) in [("pids", Bound.processes), ("memory", .memory)]
            where controllers.contains(Substring(controller)) {
                // The name of the first is a link to the hierarchy where several share one.
                let folder = "/sys/fs/cgroup/\(controller)\(path)"
                places.append(.init(folder: folder, isUnified: false, bounds: [bound]))
            }
            if fields[0] == "0", fields[1].isEmpty { places.append(unified(path)) }
        }
        let top = unified("")
        if isRoot, places.contains(where: \.isUnified), !places.contains(top) { places.append(top) }
        return places
    }

    private static func unified(_ path: String) -> ControlGroupPlace {
        .init(folder: "/sys/fs/cgroup" + path, isUnified: true, bounds: Set(Bound.allCases))
    }

    /// The places that it takes to bound as much as can be, each for what no earlier one bounds.
    ///
    /// - Parameter usable: what a place can really bound here.
    package static func chosen(
        of candidates: [ControlGroupPlace], usable: (ControlGroupPlace) -> Set<Bound>
    ) -> [ControlGroupPlace] {
        var missing = Set(Bound.allCases)
        return candidates.compactMap { place in
            guard !missing.isDisjoint(with: place.bounds) else { return nil }
            var place = place
            place.bounds = usable(place).intersection(missing)
            missing.subtract(place.bounds)
            return place.bounds.isEmpty ? nil : place
        }
    }
}
