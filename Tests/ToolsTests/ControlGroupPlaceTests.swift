import Glibc
import Testing
import Tools

@Suite struct ControlGroupPlaceTests {
    private func folders(_ text: String, isRoot: Bool) -> [String] {
        ControlGroupPlace.candidates(ofProcess: text, isRoot: isRoot).map(\.folder)
    }

    @Test func `the old hierarchy that counts processes is found among the others`() {
        let text = "9:name=systemd:/\n8:cpu,pids:/user/0\n4:memory:/x\n"
        #expect(
            folders(text, isRoot: true)
                == ["/sys/fs/cgroup/pids/user/0", "/sys/fs/cgroup/memory/x"])
        #expect(folders("8:pids:/\n", isRoot: false) == ["/sys/fs/cgroup/pids"])
    }

    @Test func `a service goes below its own group, root also to the top`() {
        let text = "0::/system.slice/switchboard-agent@1.service\n"
        let own = "/sys/fs/cgroup/system.slice/switchboard-agent@1.service"
        #expect(folders(text, isRoot: false) == [own])
        #expect(folders(text, isRoot: true) == [own, "/sys/fs/cgroup"])
        #expect(folders("0::/\n", isRoot: true) == ["/sys/fs/cgroup"])
    }

    @Test func `both hierarchies at once are tried in the order that the kernel names them`() {
        let places = ControlGroupPlace.candidates(ofProcess: "8:pids:/a\n0::/b\n", isRoot: false)
        #expect(
            places == [
                place("/sys/fs/cgroup/pids/a", .processes),
                ControlGroupPlace(
                    folder: "/sys/fs/cgroup/b", isUnified: true, bounds: [.processes, .memory]),
            ])
    }

    @Test func `two controllers of one old hierarchy are one place each`() {
        let text = "3:cpu,memory,pids:/a\n"
        #expect(
            folders(text, isRoot: false) == ["/sys/fs/cgroup/pids/a", "/sys/fs/cgroup/memory/a"])
    }

    @Test func `as many places are taken as it needs to bound everything`() {
        let old = [place("/p", .processes), place("/m", .memory)]
        let all = ControlGroupPlace(
            folder: "/u", isUnified: true, bounds: [.processes, .memory])
        #expect(ControlGroupPlace.chosen(of: old + [all], usable: \.bounds) == old)
        #expect(ControlGroupPlace.chosen(of: [all] + old, usable: \.bounds) == [all])
        #expect(ControlGroupPlace.chosen(of: old + [all]) { _ in [] } == [])
        // The unified hierarchy without controllers, as where the old ones have them.
        let mixed = ControlGroupPlace.chosen(of: [all] + old) { $0.isUnified ? [] : $0.bounds }
        #expect(mixed == old)
        let half = ControlGroupPlace.chosen(of: [all] + old) {
            $0.isUnified ? [.processes] : $0.bounds
        }
        #expect(half.map(\.folder) == ["/u", "/m"])
        #expect(half.map(\.bounds) == [[.processes], [.memory]])
    }

    @Test(arguments: ["", "nonsense", "0:", "8:cpu:/a\n", "1:name=systemd:/\n"])
    func `where nothing counts processes there is no place`(text: String) {
        #expect(folders(text, isRoot: true) == [])
    }

    private func place(_ folder: String, _ bound: ControlGroupPlace.Bound) -> ControlGroupPlace {
        ControlGroupPlace(folder: folder, isUnified: false, bounds: [bound])
    }

    @Test func `a process alone in its group moves to a leaf before it hands controllers down`()
        throws
    {
        let group = try group(processes: "\(getpid())\n")
        DelegatedGroup(folder: group.path).handDown(["pids", "memory"])
        #expect(Folder.text("\(group.path)/switchboard-worker/cgroup.procs") == "\(getpid())")
    }

    @Test func `a group that others are in stays as it is, one that obeys too`() throws {
        let shared = try group(processes: "1\n\(getpid())\n")
        DelegatedGroup(folder: shared.path).handDown(["pids", "memory"])
        #expect(Folder.text("\(shared.path)/switchboard-worker/cgroup.procs") == "")
        let obeying = try group(processes: "\(getpid())\n")
        try Folder.write("\(obeying.path)/cgroup.subtree_control", "")
        DelegatedGroup(folder: obeying.path).handDown(["memory"])
        #expect(Folder.text("\(obeying.path)/switchboard-worker/cgroup.procs") == "")
        #expect(Folder.text("\(obeying.path)/cgroup.subtree_control") == "+memory")
    }

    /// Files as of a group that refuses to hand anything down.
    private func group(processes: String) throws -> Folder {
        let group = try Folder()
        try Folder.write("\(group.path)/cgroup.controllers", "cpu memory pids\n")
        try Folder.write("\(group.path)/cgroup.procs", processes)
        try Folder.make("\(group.path)/switchboard-worker")
        try Folder.write("\(group.path)/switchboard-worker/cgroup.procs", "")
        return group
    }
}
