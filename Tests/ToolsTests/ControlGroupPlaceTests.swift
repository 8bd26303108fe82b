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
}
