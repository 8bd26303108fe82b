import Testing
import Tools

@Suite struct ControlGroupPlaceTests {
    private func folders(_ text: String, isRoot: Bool) -> [String] {
        ControlGroupPlace.candidates(ofProcess: text, isRoot: isRoot).map(\.folder)
    }

    @Test func `the old hierarchy that counts processes is found among the others`() {
        let text = "9:name=systemd:/\n8:cpu,pids:/user/0\n4:memory:/x\n"
        #expect(folders(text, isRoot: true) == ["/sys/fs/cgroup/pids/user/0"])
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
                ControlGroupPlace(folder: "/sys/fs/cgroup/pids/a", isUnified: false),
                ControlGroupPlace(folder: "/sys/fs/cgroup/b", isUnified: true),
            ])
    }

    @Test(arguments: ["", "nonsense", "0:", "8:cpu:/a\n", "1:name=systemd:/\n"])
    func `where nothing counts processes there is no place`(text: String) {
        #expect(folders(text, isRoot: true) == [])
    }
}
