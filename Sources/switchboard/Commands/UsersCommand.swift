import ArgumentParser
import Protocol

/// People who sign in with a password.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Make, list and change people's accounts.",
        subcommands: [
            List.self, Create.self, Delete.self, Password.self, Installation.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a team's people.")
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            let users = try hub.list(.listUsers, try team.parameters(hub))
            if self.hub.json { return Output.json(.array(users)) }
            Output.table(
                users,
                [
                    ("ID", "id"), ("NAME", "name"), ("ROLE", "role"), ("CREATED", "createdAt"),
                    ("INSTALLATION", "installationAdmin"),
                ])
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account; the password is asked for, or read from standard input.")
        @Argument(help: "What the person signs in with.") var name: String
        @Option(help: "admin or member.") var role: Role = .member
        @Flag(help: "An admin who also changes what belongs to all teams; on the server only.")
        var installation = false
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func validate() throws {
            try team.require(unless: hub)
            guard !installation || (role == .admin && hub.url == nil) else {
                throw ValidationError("--installation goes with --role admin, and not with --url")
            }
        }

        func run() throws {
            let hub = try self.hub.connect()
            let parameters = try team.parameters(
                hub, ["name": .string(name), "role": .string(role.rawValue)])
            var complete = parameters
            if installation { complete["installation"] = true }
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

    struct Password: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set an account's password and end its logins; on the server only.",
            discussion: "The password is asked for, or read from standard input.")
        @Argument(help: "The account's id.") var id: String
        @OptionGroup var hub: HubOptions

        func validate() throws { try hub.requireServer() }

        func run() throws {
            let hub = try self.hub.connect()
            let user = try hub.call(
                .setPassword,
                ["id": .string(id), "password": .string(try PasswordPrompt.readNew())])
            if self.hub.json { return Output.json(user) }
            Output.line("\(Output.cell(user["name"])) has a new password; the logins have ended")
        }
    }

    struct Installation: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account an admin of the installation; on the server only.",
            discussion: """
                An admin of the installation changes what belongs to all teams: configuration and \
                theme. An admin of a team does not.
                """)
        @Argument(help: "The account's id.") var id: String
        @Flag(help: "No longer one.") var revoke = false
        @OptionGroup var hub: HubOptions

        func validate() throws { try hub.requireServer() }

        func run() throws {
            let user = try hub.connect().call(
                .setInstallationAdmin, ["id": .string(id), "installation": .bool(!revoke)])
            if hub.json { return Output.json(user) }
            let verb = revoke ? "no longer administers" : "administers"
            Output.line("\(Output.cell(user["name"])) \(verb) the installation")
        }
    }
}

extension Role: ExpressibleByArgument {}
