import ArgumentParser

/// The root of the command line.
struct Switchboard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchboard",
        abstract: "Run and administer Switchboard.",
        subcommands: [DevCommand.self])
}
