import ArgumentParser
import Daemon

/// Puts a backup in the place of what an installation has.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of what is there.",
        discussion: """
            The backup is checked first. Services of systemd are stopped and started again; a \
            `switchboard dev` has to be stopped. What was there is kept beside it. Clients are told \
            that they may have missed something, and read anew.
            """)

    @Argument(help: "The file that `switchboard backup` wrote.") var file: String

    @OptionGroup var hub: HubOptions

    func run() throws {
        try hub.requireServer()
        let path = FileSystem.absolute(file)
        guard FileSystem.exists(path) else { throw CommandFailure("there is no \(path)") }
        let kept = try Restoration(of: BackupArchive(path: path), into: try hub.paths()).run()
        if hub.json { return Output.json(["kept": kept.map { .string($0) } ?? .null]) }
        Output.line("\(path) is restored")
        if let kept {
            Output.line("what was there before is in \(kept); remove it when all is well")
        }
    }
}
