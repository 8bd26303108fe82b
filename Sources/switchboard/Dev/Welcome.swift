/// What a person reads once everything answers.
struct Welcome {
    let port: UInt16
    let prefix: PathPrefix
    let layout: DevLayout
    let login: FirstLogin
    /// What answers the agents.
    let model: String
    let startedIn: Duration

    private var address: String { "https://localhost:\(port)\(prefix.text)" }

    func lines(_ terminal: LineOutput) -> [String] {
        let url = terminal.coloured(address, .bold)
        let components = startedIn.components
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return [
            "",
            "  Switchboard answers at \(url) (started in \(tenths / 10).\(tenths % 10) s)",
            "  sign in    \(login.user) / \(login.password)",
            "  API key    \(login.apiKey)   team \(login.teamID)",
            "  trust      \(layout.caFile)",
            "  state      \(layout.root)",
            "  model      \(terminal.coloured(model, .bold))",
            "  try        curl --cacert \(layout.caFile) -H 'x-api-key: \(login.apiKey)' \\",
            "                 \(address)/api/auth/me",
            "  Ctrl-C ends it all.",
            "",
        ]
    }
}
