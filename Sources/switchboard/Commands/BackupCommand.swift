import ArgumentParser
import Daemon
import Realtime

/// Writes everything that is state into one file, while the installation runs.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write a backup, while everything runs.",
        discussion: """
            The file holds the database as it was at one moment and the configuration, and what the \
            options add. Only its owner can read it. In a directory it gets a name with the time.
            """)

    @Argument(help: "The file to write, or a directory.") var target: String

    @Flag(help: "With the folders of agents: of sessions without a workspace, and long outputs.")
    var agentFiles = false

    @Flag(help: "With secrets: certificates' keys, keys of models, environment files.")
    var secrets = false

    @Option(help: "In a directory: how many backups stay there, this one included.")
    var keep: Int?

    @OptionGroup var hub: HubOptions

    private static let prefix = "switchboard-"
    private static let suffix = ".tar.gz"

    func validate() throws {
        guard keep.map({ $0 > 0 }) ?? true else { throw ValidationError("--keep is 1 or more") }
    }

    func run() throws {
        try hub.requireServer()
        let target = FileSystem.absolute(target)
        let isDirectory = FileSystem.isDirectory(target)
        guard isDirectory || keep == nil else {
            throw ValidationError("--keep goes with a directory, and \(target) is none")
        }
        let file = isDirectory ? "\(target)/\(Self.name(at: WallClock.now))" : target
        guard !FileSystem.exists(file) else {
            throw CommandFailure("\(file) is there already; give another name, or remove it")
        }
        try BackupArchive(path: file).write(
            try hub.paths(), BackupArchive.Contents(agentFiles: agentFiles, secrets: secrets))
        if let keep { Self.removeOld(in: target, keeping: keep) }
        if hub.json {
            return Output.json([
                "file": .string(file), "bytes": .integer(FileSystem.size(of: file)),
            ])
        }
        Output.line("\(file) is written, \(FileSystem.size(of: file)) bytes")
    }

    /// Sorts by time: `switchboard-2026-12-01T040000Z.tar.gz`.
    private static func name(at moment: Timestamp) -> String {
        let time = moment.description.filter { $0 != ":" }.prefix(17)
        return "\(prefix)\(time)Z\(suffix)"
    }

    private static func removeOld(in directory: String, keeping count: Int) {
        let own = FileSystem.names(in: directory).filter { name in
            name.hasPrefix(prefix) && name.hasSuffix(suffix)
        }
        for name in own.dropLast(count) { FileSystem.remove("\(directory)/\(name)") }
    }
}
