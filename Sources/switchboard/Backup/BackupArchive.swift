import Daemon
import Glibc
import JSON
import Protocol
import Realtime
import Store
import System

/// A backup: a compressed tar archive, in which everything has the place it has in an installation.
///
/// `backup.json` says what it is, `data/switchboard.db` is the database as it was at one moment,
/// `data/agent` the folders of agents, `config` the configuration with or without secrets.
struct BackupArchive {
    /// What is in an archive besides the database and the configuration.
    struct Contents {
        /// Folders of sessions without a workspace, and long outputs of tools.
        var agentFiles = false
        /// Certificates, keys of models, environment files.
        var secrets = false
    }

    static let format: Int64 = 1
    static let note = "backup.json"
    /// Configuration without secrets.
    static let configuration = ["config.json", "theme.json"]
    /// What else an admin keeps beside it.
    static let secrets = ["agent.env", "secrets", "tls"]

    let path: String

    /// Writes an archive of what an installation has, whether it runs or not.
    ///
    /// Blocks. Until it is whole it has another name; nobody but its owner can read it.
    func write(_ paths: Paths, _ contents: Contents) throws {
        guard FileSystem.exists(paths.database) else {
            throw CommandFailure(
                "there is nothing to back up: no database at \(paths.database); name the"
                    + " installation with --state, or run this as a user who can see it")
        }
        let staging = path + ".parts"
        try FileSystem.makeDirectory("\(staging)/data")
        defer { FileSystem.removeTree(staging) }
        try DatabaseCopy.make(of: paths.database, at: "\(staging)/data/switchboard.db")
        try copyConfiguration(of: paths, into: "\(staging)/config", contents)
        try SmallFile.replace(
            "\(staging)/\(Self.note)",
            with: JSONValue.object([
                "format": .integer(Self.format), "createdAt": .string(WallClock.now.description),
                "agentFiles": .bool(contents.agentFiles), "secrets": .bool(contents.secrets),
            ]).encoded(), mode: 0o600)
        var members = ["-C", staging, Self.note, "data/switchboard.db", "config"]
        if contents.agentFiles, FileSystem.isDirectory(paths.agentDirectory) {
            members += [
                "-C", paths.stateDirectory, "--transform=s,^agent,data/agent,", "agent",
            ]
        }
        let partial = path + ".partial"
        let mask = umask(0o077)
        defer { umask(mask) }
        try Self.tar(
            ["--create", "--gzip", "--file=\(partial)", "--warning=no-file-changed"] + members,
            mayChange: contents.agentFiles)
        FileSystem.rename(partial, to: path)
    }

    /// Takes an archive apart and says what was in it; throws where it is no whole one of ours.
    func extract(into folder: String) throws -> Contents {
        try Self.tar(["--extract", "--gzip", "--file=\(path)", "--directory=\(folder)"])
        let note: JSONValue
        do {
            note = try JSONValue(
                parsing: SmallFile.read("\(folder)/\(Self.note)", maximumBytes: 65_536) ?? [])
        } catch {
            throw CommandFailure("\(path) is no backup of Switchboard: it has no \(Self.note)")
        }
        guard note["format"]?.integerValue == Self.format else {
            throw CommandFailure(
                "\(path) is a backup of another form (\(note["format"]?.integerValue ?? 0));"
                    + " restore it with the version that made it, or a newer one")
        }
        try DatabaseCopy.check("\(folder)/data/switchboard.db")
        return Contents(
            agentFiles: FileSystem.isDirectory("\(folder)/data/agent"),
            secrets: note["secrets"]?.boolValue ?? false)
    }

    private func copyConfiguration(
        of paths: Paths, into folder: String, _ contents: Contents
    ) throws {
        try FileSystem.makeDirectory(folder)
        let names = Self.configuration + (contents.secrets ? Self.secrets : [])
        for name in names where FileSystem.exists("\(paths.configDirectory)/\(name)") {
            // What a link leads to, not the link.
            let (status, output) = try Tool.run(
                "/bin/cp", ["-RLp", "--", "\(paths.configDirectory)/\(name)", "\(folder)/"])
            guard status.isSuccess else {
                throw CommandFailure("copying \(name) failed: \(output)")
            }
        }
    }

    private static func tar(_ arguments: [String], mayChange: Bool = false) throws {
        guard let tar = Tool.find("tar") else { throw CommandFailure("tar is not installed") }
        let (status, output) = try Tool.run(tar, arguments)
        // 1: a file changed while it was read, as agents' files do.
        guard status.isSuccess || mayChange && status.code == 1 else {
            throw CommandFailure("tar: \(status): \(output)")
        }
    }
}
