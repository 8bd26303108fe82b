import ClaudeAPI
import Daemon

/// What answers the agents of a development installation.
enum DevModel {
    /// The endpoint and credential that the environment names.
    case configured
    /// No key is there: a script on this machine plays the model's part.
    case demo(port: UInt16)

    /// Chooses by whether there is a credential, as the agent worker itself looks for it.
    static func choose(_ environment: [String: String]) throws -> DevModel {
        if try ClaudeCredential.load(environment: environment) != nil { return .configured }
        return .demo(port: try LoopbackPort.reserve(0).port)
    }

    /// The agent worker's environment; nobody else gets a key.
    func environment(_ own: [String: String]) -> [String: String] {
        guard case .demo(let port) = self else { return own }
        var environment = own
        environment[ClaudeCredential.Source.key.variable] = "demo"
        environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:\(port)"
        // Loopback is reached directly, whatever proxy leads elsewhere.
        environment["NO_PROXY"] = "127.0.0.1"
        environment["no_proxy"] = "127.0.0.1"
        return environment
    }

    /// One line for people.
    func notice(_ environment: [String: String]) -> String {
        switch self {
        case .configured:
            environment["ANTHROPIC_BASE_URL"] ?? ClaudeConfiguration.defaultBaseURL
        case .demo:
            "DEMO: no \(ClaudeCredential.variables) is set, so a script plays the model; "
                + "all else is real"
        }
    }
}
