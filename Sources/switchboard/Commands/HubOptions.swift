import ArgumentParser
import Client
import Daemon
import HTTPClient
import JSON
import Protocol
import Realtime

/// Which hub a command is for, and in which form it answers.
struct HubOptions: ParsableArguments {
    @Option(help: "The state directory of a `switchboard dev`.")
    var state: String?

    @Option(help: "The hub's socket.")
    var socket: String?

    @Option(help: "An installation elsewhere, as https://HOST or https://HOST/PATH; needs a key.")
    var url: String?

    @Option(
        help: "API key for --url; better in the variable SWITCHBOARD_KEY, which ps never shows.")
    var key: String?

    @Option(help: "Certificates (PEM) to trust with --url instead of the system's.")
    var caFile: String?

    @Flag(help: "Answer in JSON.")
    var json = false

    func validate() throws {
        let given = [state, socket, url].compactMap { $0 }
        guard given.count <= 1 else {
            throw ValidationError("give one of --state, --socket and --url")
        }
        guard url.map({ $0.hasPrefix("https://") }) ?? true else {
            throw ValidationError("--url begins with https://, or a key would travel in the open")
        }
        guard url != nil || (key == nil && caFile == nil) else {
            throw ValidationError("--key and --ca-file go with --url")
        }
    }

    /// For what only the uid on the hub's own machine allows.
    func requireServer() throws {
        guard url == nil else {
            throw ValidationError("this is done on the server itself, not with --url")
        }
    }

    /// Connects, or throws what to do about it.
    func connect() throws -> any Administration {
        try installation().connect()
    }

    /// Where `connect` would connect to.
    func installation() throws -> Installation {
        guard let url else { return .local(socket: try hubSocket()) }
        guard let key = try givenKey() else {
            throw ValidationError("--url needs a key: --key or the variable SWITCHBOARD_KEY")
        }
        return .remote(origin: url, key: key, HTTPTrust(caFile: caFile))
    }

    /// From the command line or the environment; nil where there is none.
    func givenKey() throws -> String? {
        guard let key = key ?? ProcessEnvironment.variables()["SWITCHBOARD_KEY"], !key.isEmpty
        else { return nil }
        // It goes into a header line as it is.
        guard key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ValidationError("the key holds characters that no key has")
        }
        return key
    }

    /// As given, else the installed one, else that of a `switchboard dev` in its default place.
    func hubSocket() throws -> String {
        if let socket { return FileSystem.absolute(socket) }
        return try paths().hubSocket
    }

    func paths() throws -> Paths {
        let environment = ProcessEnvironment.variables()
        if let state { return try DevLayout(state: state, environment: environment).paths }
        let installed = try Paths()
        guard !FileSystem.exists(installed.hubSocket),
            !FileSystem.isDirectory(installed.stateDirectory),
            let development = try? DevLayout(state: nil, environment: environment),
            FileSystem.isDirectory(development.root)
        else { return installed }
        return development.paths
    }
}

/// The team that a command acts for.
struct TeamOption: ParsableArguments {
    @Option(help: "The team's id; with --url the key's own.")
    var team: String?

    /// The parameters of a call with the team in them: a key has its team, the hub's own machine
    /// has to name one.
    func parameters(
        _ hub: any Administration, _ own: JSONObject = [:]
    ) throws -> JSONObject {
        guard hub is HubClient else { return own }
        var parameters = own
        parameters["teamId"] = .string(try id(hub))
        return parameters
    }

    /// The parameters that name a session: locally its team too, which its own owner says.
    func parameters(
        _ hub: any Administration, session: String
    ) throws -> JSONObject {
        let id: SessionID
        do {
            id = try SessionID(parsing: session)
        } catch {
            throw ValidationError("\(session): \(error)")
        }
        guard team == nil, let local = hub as? HubClient else {
            return try parameters(hub, ["id": .string(id.text)])
        }
        let owner = try local.owner(of: .session(id))
        return ["teamId": .string(owner.text), "id": .string(id.text)]
    }

    /// As given; nil where none was.
    func identifier() throws -> TeamID? {
        guard let team else { return nil }
        do {
            return try TeamID(parsing: team)
        } catch {
            throw ValidationError("--team \(team): \(error)")
        }
    }

    /// For what gives somebody access: the team is said, not guessed.
    func require(unless hub: HubOptions) throws {
        guard team != nil || hub.url != nil else {
            throw ValidationError("--team ID is needed; `switchboard teams list` shows the ids")
        }
    }

    private func id(_ hub: any Administration) throws -> String {
        if let team { return team }
        let ids = try hub.list(.listTeams).compactMap { $0["id"]?.stringValue }
        if ids.count == 1, let only = ids.first { return only }
        throw ValidationError(
            ids.isEmpty
                ? "there is no team yet; make one with `switchboard teams create NAME`"
                : "there are \(ids.count) teams: say which one with --team")
    }
}
