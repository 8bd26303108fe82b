import Glibc
import Testing
import Tools

/// In folders that stand for groups; what the kernel makes of it is the virtual machine's to test.
@Suite struct DelegatedGroupTests {
    /// Nil for the top's.
    private func group(_ type: String? = "domain\n", processes: [pid_t]) throws -> Folder {
        let group = try Folder()
        try Folder.write("\(group.path)/cgroup.controllers", "cpu memory pids\n")
        try Folder.write("\(group.path)/cgroup.subtree_control", "")
        try Folder.write(
            "\(group.path)/cgroup.procs", processes.map { "\($0)\n" }.joined())
        if let type { try Folder.write("\(group.path)/cgroup.type", type) }
        return group
    }

    /// The last of what was written: in a group's own file they would add up.
    private func handDown(_ group: Folder) -> String? {
        DelegatedGroup(folder: group.path).handDown(["pids", "memory"])
        return Folder.text("\(group.path)/cgroup.subtree_control")
    }

    @Test func `a process alone in its group moves to a leaf, then hands controllers down`() throws
    {
        let group = try group(processes: [getpid()])
        try Folder.make("\(group.path)/switchboard-worker")
        try Folder.write("\(group.path)/switchboard-worker/cgroup.procs", "")
        #expect(handDown(group) == "+memory")
        #expect(Folder.text("\(group.path)/switchboard-worker/cgroup.procs") == "\(getpid())")
    }

    @Test func `a group that can't be left hands nothing down`() throws {
        // The leaf of a folder has no file to enter it by.
        #expect(handDown(try group(processes: [getpid()])) == "")
    }

    @Test func `a group with others in it is left alone`() throws {
        let group = try group(processes: [1, getpid()])
        #expect(handDown(group) == "")
        #expect(unsafe access("\(group.path)/switchboard-worker", F_OK) != 0)
    }

    @Test func `a group that nobody is in hands down what is missing`() throws {
        let group = try group(processes: [])
        #expect(handDown(group) == "+memory")
        try Folder.write("\(group.path)/cgroup.subtree_control", "memory pids\n")
        #expect(handDown(group) == "memory pids\n")
    }

    @Test func `the top hands down whoever is in it`() throws {
        #expect(handDown(try group(nil, processes: [1, getpid()])) == "+memory")
    }
}
