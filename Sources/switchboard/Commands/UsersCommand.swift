import ArgumentParser
import Protocol

/// People who sign in with a password.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Make, list and delete people's accounts.",
        subcommands: [List.self, Create.self, Delete.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a team's people.")
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            let users = try hub.list(.listUsers, try team.parameters(hub))
            if self.hub.json { return Output.json(.array(users)) }
            Output.table(
                users, [("ID", "id"), ("NAME", "name"), ("ROLE", "role"), ("CREATED", "createdAt")])
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account; the password is asked for, or read from standard input.")
        @Argument(help: "What the person signs in with.") var name: String
        @Option(help: "admin or member.") var role: Role = .member
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func validate() throws { try team.require(unless: hub) }

        func run() throws {
            let hub = try self.hub.connect()
            let parameters = try team.parameters(
                hub, ["name": .string(name), "role": .string(role.rawValue)])
            var complete = parameters
            complete["password"] = .string(try PasswordPrompt.readNew())
            let user = try hub.call(.createUser, complete)
            if self.hub.json { return Output.json(user) }
            Output.line("user \(Output.cell(user["id"])) \(Output.cell(user["name"])) is made")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete an account and end its logins.")
        @Argument(help: "The account's id.") var id: String
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            let answer = try hub.call(.deleteUser, try team.parameters(hub, ["id": .string(id)]))
            if self.hub.json { return Output.json(answer) }
            Output.line("user \(id) is deleted; its logins have ended")
        }
    }
}

extension Role: ExpressibleByArgument {}
