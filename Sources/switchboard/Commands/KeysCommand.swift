import ArgumentParser
import Daemon
import JSON
import Protocol
import Realtime

/// API keys of a team.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, list and revoke API keys.",
        subcommands: [List.self, Create.self, Revoke.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a team's keys; the keys themselves are not kept.")
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            let keys = try hub.list(.listKeys, try team.parameters(hub))
            if self.hub.json { return Output.json(.array(keys)) }
            Output.table(
                keys,
                [
                    ("ID", "id"), ("NAME", "name"), ("CREATED", "createdAt"),
                    ("EXPIRES", "expiresAt"), ("LAST USED", "lastUsedAt"), ("SCOPES", "scopes"),
                ])
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key; it is shown this once.",
            discussion: "Scopes:\n"
                + Scope.allCases.map { "  \($0.rawValue): \($0.summary)" }
                .joined(separator: "\n"))
        @Option(help: "What it is for.") var name = "switchboard keys create"
        @Option(help: "Comma list of the scopes below (default: all but admin).")
        var scopes: ScopeList = .allButAdmin
        @Option(help: "Until when it is good, as 12h, 30d or 8w from now (default: for ever).")
        var expires: Lifetime?
        @Flag(help: "With admin: also for what belongs to all teams; on the server only.")
        var installation = false
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func validate() throws {
            try team.require(unless: hub)
            guard !installation || (scopes.scopes.contains(.admin) && hub.url == nil) else {
                throw ValidationError(
                    "--installation goes with the scope admin, and not with --url")
            }
        }

        func run() throws {
            let hub = try self.hub.connect()
            var own: JSONObject = [
                "name": .string(name),
                "scopes": .array(scopes.scopes.map { .string($0.rawValue) }),
            ]
            if let expires {
                own["expiresAt"] = .string((WallClock.now + expires.duration).description)
            }
            if installation { own["installation"] = true }
            let key = try hub.call(.createKey, try team.parameters(hub, own))
            if self.hub.json { return Output.json(key) }
            Output.line(Output.cell(key["key"]))
            StandardError.write(
                "key \(Output.cell(key["id"])) is made; it is not shown again, keep it safe\n")
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key; its connections are closed at once.", aliases: ["delete"])
        @Argument(help: "The key's id, not the key.") var id: String
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            let answer = try hub.call(.deleteKey, try team.parameters(hub, ["id": .string(id)]))
            if self.hub.json { return Output.json(answer) }
            Output.line("key \(id) is revoked")
        }
    }
}

/// `a,b` of known scopes.
struct ScopeList: ExpressibleByArgument {
    let scopes: [Scope]

    static let allButAdmin = ScopeList(scopes: Scope.allCases.filter { $0 != .admin })

    init(scopes: [Scope]) { self.scopes = scopes }

    init?(argument: String) {
        var scopes: [Scope] = []
        for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let scope = Scope(rawValue: String(word)) else { return nil }
            scopes.append(scope)
        }
        self.scopes = scopes
    }

    var defaultValueDescription: String { "all but admin" }
}

/// `90s`, `15m`, `12h`, `30d` or `8w`.
struct Lifetime: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let seconds: [Character: Int64] = [
            "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800,
        ]
        guard let unit = argument.last.flatMap({ seconds[$0] }),
            let count = Int64(argument.dropLast()), (1...1_000_000).contains(count)
        else { return nil }
        duration = .seconds(count * unit)
    }
}
