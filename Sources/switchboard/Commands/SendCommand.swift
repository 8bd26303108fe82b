import ArgumentParser
import Client
import Daemon
import JSON
import Protocol
import Realtime

/// Sends a message to an agent, and shows its answer as it is written.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send a message to an agent and watch its answer.",
        usage: """
            switchboard send TEXT [--name NAME] [--workspace ID] [--mode MODE] [options]
            switchboard send SESSION TEXT [options]
            """,
        discussion: """
            Without SESSION a new one is made. The answer goes to standard output, tools and
            questions to standard error. TEXT - is read from standard input. Permission questions
            are asked on the terminal; without one, somebody else has to answer them. Ctrl-C stops
            the run, or takes the message back while it waits. Status: 0 the run is complete, 1 it
            failed or was interrupted, 130 it was stopped here.
            """)

    @Argument(help: "The session's id, and the message; or the message alone.")
    var words: [String]

    @Option(help: "What people see of a new session.") var name: String?
    @Option(help: "The workspace of a new session.") var workspace: String?
    @Option(help: "A new session's mode: safe, ask or allow-all.") var mode: String?
    @OptionGroup var team: TeamOption
    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("give a session and one text, or the text alone, in quotes")
        }
        guard words.count == 1 || (name ?? workspace ?? mode) == nil else {
            throw ValidationError("--name, --workspace and --mode make a new session: name none")
        }
        guard mode.map({ SessionMode(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--mode is safe, ask or allow-all")
        }
    }

    func run() throws {
        let text = try message()
        let installation = try hub.installation()
        let connection = try installation.connect()
        let session =
            try words.count == 2
            ? team.parameters(connection, session: words[0]) : create(connection)
        let sending = try Sending(
            installation, session: session, text: text, isJSON: hub.json,
            // Standard input that was the message holds no answers.
            canAsk: !hub.json && !isFromInput)
        throw ExitCode(sending.run().rawValue)
    }

    private var isFromInput: Bool { words.last == "-" }

    private func message() throws -> String {
        guard isFromInput else { return words.last ?? "" }
        return String(decoding: try StandardInput.readAll(), as: UTF8.self)
    }

    private func create(_ connection: any Administration) throws -> JSONObject {
        var own = try team.parameters(connection)
        let team = own["teamId"]
        own["name"] = name.map { .string($0) }
        own["workspaceId"] = workspace.map { .string($0) }
        own["mode"] = mode.map { .string($0) }
        let session = try connection.call(.createSession, own)
        guard let id = session["id"]?.stringValue else {
            throw ClientError.unexpectedAnswer("a new session has no id")
        }
        StandardError.write("session \(Output.cell(session["id"]))\n")
        var parameters: JSONObject = ["id": .string(id)]
        parameters["teamId"] = team
        return parameters
    }
}
