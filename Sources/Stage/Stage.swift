import CLinux
import Glibc
import System

/// The process between the worker and bubblewrap: mounts what the worker holds, by descriptor.
///
/// bubblewrap 0.8 knows paths only, and between its looking at a path and its mounting it somebody
/// else may put another folder or a link there. So the folders are mounted before it, in a mount
/// namespace that nobody else is in: each is opened anew, compared with the descriptor that the
/// worker checked, and copied from that same open place (`open_tree(2)`, `move_mount(2)`); what is
/// hidden or protected within is covered likewise. bubblewrap then binds `/sys/0`, `/sys/1`, …,
/// whose paths are this namespace's alone. A mount stays on what it covers, wherever that is moved.
///
/// `/sys` is where no sandbox needs what was there. The process becomes bubblewrap: the number that
/// the worker watches stays. A program of its own, `switchboard-sandbox`, linked statically: it
/// starts in less than a millisecond, and needs no library that its user might not reach.
package struct Stage {
    private static let directory = "/sys"
    /// Folders, copies of small files, and room for mounts: nothing that a command can write.
    private static let options = "mode=0755,size=8m"

    /// Where a staged folder is for bubblewrap.
    package static func path(of index: Int) -> String { "\(directory)/\(index)" }

    /// Where bubblewrap finds what is shown of `/etc`.
    package static let settings = "\(directory)/etc"

    /// Ends with the program's start, or says on standard error why there is none.
    /// - Parameter arguments: those of the process, see ``StageOrder``.
    package static func run(_ arguments: ArraySlice<String>) -> Never {
        do throws(StageFailure) {
            guard let order = StageOrder(Array(arguments)) else {
                throw StageFailure("The stage of a sandbox was told nonsense. \(nothingWasRun)")
            }
            let stage = try Stage()
            try stage.mountSettings()
            try stage.mount(order.folders)
            throw become(order.program)
        } catch {
            let line = Array("\(error)\n".utf8)
            _ = unsafe Glibc.write(2, line, line.count)
            endProcess(1)
        }
    }

    /// The end of what it says where there is no sandbox.
    package static let nothingWasRun = "Nothing was run."
    /// Looks for a folder that is moved again and again, before the sandbox is given up.
    package static let maximumLooks = 16

    private let place: OwnedDescriptor

    /// Leaves for a mount namespace of its own, with an empty stage.
    private init() throws(StageFailure) {
        let user = geteuid()
        let group = getegid()
        // Root needs no other user namespace, and sees folders of other owners as it is.
        if user != 0 || switchboard_unshare(switchboard_CLONE_NEWNS) != 0 {
            let both = switchboard_CLONE_NEWUSER | switchboard_CLONE_NEWNS
            try Self.check(switchboard_unshare(both), "making namespaces")
            try Self.write("deny", to: "/proc/self/setgroups")
            try Self.write("\(user) \(user) 1", to: "/proc/self/uid_map")
            try Self.write("\(group) \(group) 1", to: "/proc/self/gid_map")
        }
        let isPrivate = unsafe switchboard_mount(
            nil, "/", switchboard_MS_PRIVATE_REC, nil)
        try Self.check(isPrivate, "parting from the mounts of others")
        let mounted = unsafe switchboard_mount(
            "tmpfs", Self.directory, switchboard_MS_NOSUID_NODEV, Self.options)
        try Self.check(mounted, "making a stage")
        place = try Self.open(Self.directory)
        try Self.check(unsafe mkdirat(place.number, Self.emptyFolder, 0o555), "making a stage")
        let file = unsafe openat(
            place.number, Self.emptyFile, O_RDONLY | O_CREAT | O_CLOEXEC, 0o444)
        try Self.check(file, "making a stage")
        close(file)
    }

    private static let emptyFolder = "empty"
    private static let emptyFile = "nothing"

    private func mountSettings() throws(StageFailure) {
        try Self.check(unsafe mkdirat(place.number, "etc", 0o755), "making a stage")
        let folder = try Self.entry("etc", in: place)
        try SystemSettings(folder: folder) { (found, place) throws(StageFailure) in
            try Self.attach(try Self.copy(of: found, isReadOnly: true), to: place)
        }.fill()
    }

    private func mount(_ folders: [StageOrder.Folder]) throws(StageFailure) {
        // Nothing of ours is inherited by the command.
        if let first = folders.map(\.descriptor).min() {
            try Self.check(
                switchboard_close_on_exec(UInt32(first)), "keeping descriptors back")
        }
        for (index, folder) in folders.enumerated() {
            let held = OwnedDescriptor(folder.descriptor)
            let tree = try Self.copy(of: try Self.find(held), isReadOnly: !folder.isWritable)
            try Self.check(unsafe mkdirat(place.number, "\(index)", 0o755), "making a stage")
            try Self.attach(tree, to: try Self.entry("\(index)", in: place))
            for change in folder.changes { try apply(change, in: tree) }
        }
    }

    /// The held folder as this namespace has it: the same, or a failure.
    private static func find(_ held: OwnedDescriptor) throws(StageFailure) -> OwnedDescriptor {
        let top = try open("/")
        for _ in 0..<maximumLooks {
            guard let path = held.path() else { break }
            let found = Beneath.open(
                String(path.dropFirst()), in: top.number, flags: OpenFlags.path, links: .refuse)
            if case .success(let entry) = found, entry.identity == held.identity { return entry }
        }
        throw StageFailure(
            "\(held.path() ?? "A folder of the session") was removed, or is moved again and again. "
                + nothingWasRun)
    }

    private func apply(
        _ change: StageChange, in tree: OwnedDescriptor
    ) throws(StageFailure) {
        let target = try Self.entry(change.path, in: tree)
        guard target.identity == change.identity else { throw .changed(change.path) }
        switch change.kind {
        case .pin: try Self.attach(try Self.copy(of: target, isReadOnly: false), to: target)
        case .protect: try Self.attach(try Self.copy(of: target, isReadOnly: true), to: target)
        case .hide:
            let cover = try Self.entry(
                target.isFolder ? Self.emptyFolder : Self.emptyFile, in: place)
            try Self.attach(try Self.copy(of: cover, isReadOnly: true), to: target)
        }
    }

    /// A link as well as what is none: one that is guarded is covered itself.
    private static func entry(
        _ path: String, in folder: OwnedDescriptor
    ) throws(StageFailure) -> OwnedDescriptor {
        let opened = Beneath.open(
            path, in: folder.number, flags: OpenFlags.path | O_NOFOLLOW, links: .refuse)
        guard case .success(let entry) = opened else { throw .changed(path) }
        return entry
    }

    /// Read-only only ever comes to what is writable; nothing is given back.
    private static func copy(
        of entry: OwnedDescriptor, isReadOnly: Bool
    ) throws(StageFailure) -> OwnedDescriptor {
        let number = switchboard_clone_tree(entry.number)
        try check(number, "copying the mount of \(entry.path() ?? "a folder")")
        let tree = OwnedDescriptor(number)
        let always = switchboard_MOUNT_NO_SUID | switchboard_MOUNT_NO_DEVICES
        let attributes = isReadOnly ? always | switchboard_MOUNT_READ_ONLY : always
        try check(
            switchboard_set_mount_attributes(tree.number, attributes), "limiting a mount")
        return tree
    }

    private static func attach(
        _ tree: OwnedDescriptor, to place: OwnedDescriptor
    ) throws(StageFailure) {
        try check(
            switchboard_attach_tree(tree.number, place.number),
            "mounting at \(place.path() ?? "a place")")
    }

    private static func open(_ path: String) throws(StageFailure) -> OwnedDescriptor {
        let number = unsafe Glibc.open(path, OpenFlags.path | O_CLOEXEC)
        try check(number, "opening \(path)")
        return OwnedDescriptor(number)
    }

    private static func write(_ text: String, to path: String) throws(StageFailure) {
        let number = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC)
        try check(number, "opening \(path)")
        let file = OwnedDescriptor(number)
        let bytes = Array(text.utf8)
        let count = unsafe Glibc.write(file.number, bytes, bytes.count)
        try check(count == bytes.count ? 0 : -1, "writing \(path)")
    }

    private static func become(_ program: [String]) -> StageFailure {
        // With the environment that the worker gave to this process, which is the sandbox's.
        _ = unsafe CStrings.with(program) { unsafe execv(program[0], $0) }
        return StageFailure(
            "Starting \(program[0]) failed: \(SystemFailure.reason(errno)). \(nothingWasRun)")
    }

    private static func check(
        _ result: Int32, _ action: @autoclosure () -> String
    ) throws(StageFailure) {
        guard result < 0 else { return }
        let reason = SystemFailure.reason(errno)
        throw StageFailure(
            "The sandbox could not be built: \(action()) failed: \(reason). \(nothingWasRun)")
    }
}
