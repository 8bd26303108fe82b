import Crypto
import HTTPClient
import System

/// Where the model is, who asks, and how patiently.
public struct ClaudeConfiguration: Sendable {
    public static let defaultBaseURL = "https://api.anthropic.com"

    /// Scheme, host, port and path before `/v1/messages`, without a slash at its end.
    public let baseURL: String
    public let credential: ClaudeCredential
    public let proxy: HTTPProxy
    /// Certificates (PEM) to trust instead of the system's.
    public var caFile: String?
    public var connectTimeout = Duration.seconds(15)
    /// A stream on which nothing moves for so long is dead; the API pings more often.
    public var idleTimeout = Duration.seconds(90)
    /// A stream of nothing but signs of life is dead too; the API thinks for minutes at most.
    public var progressTimeout = Duration.seconds(600)
    /// For the end of a stream whose message is whole, and of a connection whose answer is.
    public var endTimeout = Duration.seconds(5)
    /// For one attempt from its first byte to its last, however lively.
    public var requestTimeout = Duration.seconds(3_600)
    public var retries = RetryPolicy()

    /// `environment` says where the model is (`ANTHROPIC_BASE_URL`) and which proxy leads there.
    public init(
        _ credential: ClaudeCredential, environment: [String: String]
    ) throws(ClaudeConfigurationError) {
        try self.init(
            credential, baseURL: environment["ANTHROPIC_BASE_URL"] ?? "", environment: environment)
    }

    /// An empty base URL means Anthropic's own; the environment names the proxies.
    public init(
        _ credential: ClaudeCredential, baseURL: String, environment: [String: String]
    ) throws(ClaudeConfigurationError) {
        var base = baseURL.isEmpty ? Self.defaultBaseURL : baseURL
        while base.hasSuffix("/") { base.removeLast() }
        guard Self.isUsable(base) else { throw .invalidBaseURL }
        guard credential.isUsable else { throw .invalidKey }
        self.baseURL = base
        self.credential = credential
        proxy = HTTPProxy.of(environment, for: base)
    }

    func httpRequest(body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            "POST", baseURL + "/v1/messages",
            headers: [
                credential.header, ("anthropic-version", "2023-06-01"),
                ("content-type", "application/json"), ("accept", "text/event-stream"),
                // A packed stream arrives in lumps.
                ("accept-encoding", "identity"), ("user-agent", "switchboard"),
            ], body: body, timeout: requestTimeout)
    }

    /// Http or https, a host, and nothing that would end up in logs or break a header.
    private static func isUsable(_ base: String) -> Bool {
        let lowercased = base.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lowercased.hasPrefix) else {
            return false
        }
        let rest = base.dropFirst(scheme.count)
        return rest.first.map { $0 != "/" && $0 != ":" } == true
            && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@?#\\\"".utf8.contains($0) }
    }
}

/// What is wrong with the settings of the model's client; shows no part of a key or URL.
public enum ClaudeConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    case invalidBaseURL
    case invalidKey
    case unreadableKeyFile(String, SystemError)
    case oversizedKeyFile(String)

    public var description: String {
        switch self {
        case .invalidBaseURL:
            "ANTHROPIC_BASE_URL is no http or https URL with a host and without user, query or "
                + "fragment, such as \(ClaudeConfiguration.defaultBaseURL)"
        case .invalidKey:
            "the Anthropic API key or token is empty or holds characters that none has"
        case .unreadableKeyFile(let path, let error):
            "could not read the Anthropic API key or token from \(path): \(error); the file must "
                + "be readable for this process's user"
        case .oversizedKeyFile(let path):
            "\(path) is larger than \(ClaudeCredential.maximumFileBytes) bytes: it is no file with one "
                + "Anthropic API key or token"
        }
    }
}
