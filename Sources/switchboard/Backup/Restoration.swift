import Daemon
import Glibc
import Store
import System

/// A backup on its way into an installation: checked as a whole before anything is stopped, and
/// nothing of what was there is lost.
struct Restoration {
    private let archive: BackupArchive
    private let paths: Paths
    private let units = ServiceUnits()

    init(of archive: BackupArchive, into paths: Paths) {
        self.archive = archive
        self.paths = paths
    }

    /// Blocks until everything runs again.
    ///
    /// - Returns: the directory with what was there; nil where there was nothing.
    func run() throws -> String? {
        let state = paths.stateDirectory
        try FileSystem.makeDirectory(state)
        let folder = "\(state)/restore-\(getpid())"
        try FileSystem.makeDirectory(folder)
        defer { FileSystem.removeTree(folder) }
        let contents = try archive.extract(into: folder)
        let isInstalled = try paths == Paths()
        let stopped = isInstalled ? try units.stop() : false
        let kept = try DatabaseCopy.whileUnused(paths.database) {
            try swap(folder, contents)
        }
        if stopped { try units.start() }
        return kept
    }

    private func swap(_ folder: String, _ contents: BackupArchive.Contents) throws -> String? {
        let kept = "\(paths.stateDirectory)/before-restore-\(WallClock.milliseconds / 1_000)"
        let owner = [paths.database, paths.stateDirectory].lazy
            .compactMap(FileSystem.owners(of:)).first?.user
        var moves: [(from: String, to: String)] = [
            ("\(folder)/data/switchboard.db", paths.database)
        ]
        if contents.agentFiles { moves.append(("\(folder)/data/agent", paths.agentDirectory)) }
        for name in FileSystem.names(in: "\(folder)/config") {
            moves.append(("\(folder)/config/\(name)", "\(paths.configDirectory)/\(name)"))
        }
        let replaced = moves.map(\.to) + ["\(paths.database)-wal", "\(paths.database)-shm"]
        let present = replaced.filter(FileSystem.exists)
        try FileSystem.makeDirectory(kept)
        try FileSystem.makeDirectory(paths.configDirectory)
        // An old log beside another database would mix the two.
        for path in present { try move(path, "\(kept)/\(FileSystem.name(of: path))") }
        for (from, to) in moves { try move(from, to) }
        if let owner, FileSystem.isRoot {
            for path in [paths.database, "\(paths.database).lock"] {
                _ = unsafe chown(path, owner.uid, owner.gid)
            }
        }
        if present.isEmpty { FileSystem.removeTree(kept) }
        return present.isEmpty ? nil : kept
    }

    /// Also to another file system, as from the state to the configuration.
    private func move(_ from: String, _ to: String) throws {
        let (status, output) = try Tool.run("/bin/mv", ["-T", "--", from, to])
        guard status.isSuccess else {
            throw CommandFailure(
                "\(from) could not be moved to \(to): \(output); what was there is in"
                    + " \(paths.stateDirectory)/before-restore-*")
        }
    }
}

/// The installed services, where systemd runs them.
struct ServiceUnits {
    private static let target = "switchboard.target"

    /// - Returns: whether they ran.
    func stop() throws -> Bool {
        guard try ask(["is-active", "--quiet", Self.target]) == 0 else { return false }
        guard try ask(["stop", Self.target]) == 0 else {
            throw CommandFailure("systemctl could not stop \(Self.target); run this as root")
        }
        return true
    }

    func start() throws {
        guard try ask(["start", Self.target]) == 0 else {
            throw CommandFailure(
                "the backup is in its place, but \(Self.target) did not start: see"
                    + " journalctl -u 'switchboard-*'")
        }
    }

    /// The status; 1 where there is no systemd.
    private func ask(_ arguments: [String]) throws -> Int32 {
        guard let systemctl = Tool.find("systemctl") else { return 1 }
        return try Tool.run(systemctl, arguments).status.code ?? 1
    }
}
