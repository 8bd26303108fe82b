import ArgumentParser
import Protocol

/// Teams: on the hub's own machine only.
struct TeamsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teams", abstract: "Make and list teams.",
        subcommands: [List.self, Create.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all teams.")
        @OptionGroup var hub: HubOptions

        func run() throws {
            let teams = try hub.connect().list(.listTeams)
            if hub.json { return Output.json(.array(teams)) }
            Output.table(teams, [("ID", "id"), ("NAME", "name"), ("CREATED", "createdAt")])
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a team.")
        @Argument(help: "What people call it.") var name: String
        @OptionGroup var hub: HubOptions

        func run() throws {
            let team = try hub.connect().call(.createTeam, ["name": .string(name)])
            if hub.json { return Output.json(team) }
            Output.line("team \(Output.cell(team["id"])) \(Output.cell(team["name"])) is made")
        }
    }
}
