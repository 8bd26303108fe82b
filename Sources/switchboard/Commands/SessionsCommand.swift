import ArgumentParser
import Client
import JSON
import Protocol

/// Sessions of a team.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Look at sessions, make, stop and delete them.",
        subcommands: [List.self, Show.self, Create.self, Abort.self, Delete.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a team's sessions.")
        @Option(help: "Only idle, running, waiting, interrupted or failed ones.")
        var status: String?
        @Option(name: .customLong("q"), help: "Only those whose name holds this.") var query:
            String?
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            var own: JSONObject = [:]
            if let status { own["status"] = .string(status) }
            if let query { own["q"] = .string(query) }
            let sessions = try hub.list(.listSessions, try team.parameters(hub, own))
            if self.hub.json { return Output.json(.array(sessions)) }
            Output.table(
                sessions,
                [
                    ("ID", "id"), ("NAME", "name"), ("STATUS", "status"), ("MODE", "mode"),
                    ("MESSAGES", "messageCount"), ("WAITING", "pendingPermissions"),
                    ("UPDATED", "updatedAt"),
                ]
            ) { key, text in key == "status" ? SessionPage.colour(ofStatus: text) : nil }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one session: its state, open questions and last messages.",
            discussion: "With --json the session's fields, and messages and permissions with them.")
        @Option(help: "How many of the last messages: 0 to 200.") var messages = 10
        @OptionGroup var session: SessionArgument

        func validate() throws {
            guard (0...Limits.maximumPageRows).contains(messages) else {
                throw ValidationError("--messages is 0 to \(Limits.maximumPageRows)")
            }
        }

        func run() throws {
            let hub = try session.hub.connect()
            let parameters = try session.parameters(hub)
            let page = SessionPage(
                session: try hub.call(.getSession, parameters),
                messages: try lastMessages(hub, parameters),
                questions: try hub.list(.listSessionPermissions, parameters))
            if session.hub.json { return Output.json(page.json) }
            page.show()
        }

        private func lastMessages(
            _ hub: any Administration, _ parameters: JSONObject
        ) throws -> [JSONValue] {
            guard messages > 0 else { return [] }
            var parameters = parameters
            parameters["order"] = "newest"
            parameters["limit"] = .integer(Int64(messages))
            let newest = try hub.call(.listMessages, parameters)["items"]?.arrayValue ?? []
            return newest.reversed()
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a session.")
        @Option(help: "What people see.") var name: String?
        @Option(help: "safe, ask or allow-all.") var mode: String?
        @Option(help: "The workspace's id.") var workspace: String?
        @OptionGroup var team: TeamOption
        @OptionGroup var hub: HubOptions

        func run() throws {
            let hub = try self.hub.connect()
            var own: JSONObject = [:]
            if let name { own["name"] = .string(name) }
            if let mode { own["mode"] = .string(mode) }
            if let workspace { own["workspaceId"] = .string(workspace) }
            let session = try hub.call(.createSession, try team.parameters(hub, own))
            if self.hub.json { return Output.json(session) }
            Output.line("session \(Output.cell(session["id"])) is made")
        }
    }

    struct Abort: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a session's run.")
        @OptionGroup var session: SessionArgument

        func run() throws {
            try session.call(.abortSession) { answer in
                let isAborted = answer["aborted"]?.boolValue == true
                Output.line(isAborted ? "the run is stopped" : "there was no run to stop")
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a session with its messages and history.")
        @OptionGroup var session: SessionArgument

        func run() throws {
            try session.call(.deleteSession) { _ in
                Output.line("session \(session.id) is deleted")
            }
        }
    }
}

/// A session by its id, and the call about it.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The session's id.") var id: String
    @OptionGroup var team: TeamOption
    @OptionGroup var hub: HubOptions

    /// Those that name the session.
    func parameters(_ hub: any Administration) throws -> JSONObject {
        try team.parameters(hub, session: id)
    }

    /// Calls, and shows the answer as `body` does or as JSON.
    func call(_ operation: Protocol.Operation, _ body: (JSONValue) -> Void) throws {
        let hub = try self.hub.connect()
        let answer = try hub.call(operation, try parameters(hub))
        if self.hub.json { return Output.json(answer) }
        body(answer)
    }
}
