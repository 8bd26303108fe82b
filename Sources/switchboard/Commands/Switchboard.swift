import ArgumentParser

/// The root of the command line.
struct Switchboard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchboard",
        abstract: "Run and administer Switchboard.",
        subcommands: [
            DevCommand.self, TeamsCommand.self, UsersCommand.self, KeysCommand.self,
            SessionsCommand.self, SendCommand.self, PublishCommand.self, ListenCommand.self,
            ConfigCommand.self, BackupCommand.self, RestoreCommand.self, DoctorCommand.self,
            DemoModelCommand.self,
        ])
}
