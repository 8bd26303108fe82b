import ArgumentParser
import System

/// The root of the command line.
struct Switchboard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchboard",
        abstract: "Run and administer Switchboard.",
        version: Version.line(of: "switchboard"),
        subcommands: [
            DevCommand.self, TeamsCommand.self, UsersCommand.self, KeysCommand.self,
            SessionsCommand.self, SendCommand.self, PublishCommand.self, ListenCommand.self,
            ConfigCommand.self, BackupCommand.self, RestoreCommand.self, DoctorCommand.self,
            DemoModelCommand.self,
        ])
}
