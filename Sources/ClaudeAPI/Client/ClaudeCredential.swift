import Crypto
import Glibc
import System

/// Who asks: an API key, or a token of a gateway that takes nothing else.
public enum ClaudeCredential: Sendable {
    /// `x-api-key: …`
    case key(Secret)
    /// `Authorization: Bearer …`
    case token(Secret)

    public static let maximumFileBytes = 4_096

    /// A place for each kind, in the order in which they are looked at: a key wins over a token, as
    /// in Anthropic's own clients.
    public enum Source: CaseIterable, Sendable {
        case key, token

        /// The name of systemd's credential.
        public var credentialName: String {
            switch self {
            case .key: "anthropic-api-key"
            case .token: "anthropic-auth-token"
            }
        }

        public var variable: String {
            switch self {
            case .key: "ANTHROPIC_API_KEY"
            case .token: "ANTHROPIC_AUTH_TOKEN"
            }
        }

        fileprivate func credential(_ secret: Secret) -> ClaudeCredential {
            switch self {
            case .key: .key(secret)
            case .token: .token(secret)
            }
        }
    }

    /// The first of the credentials `anthropic-api-key` and `anthropic-auth-token` (`LoadCredential`,
    /// in `$CREDENTIALS_DIRECTORY`), `ANTHROPIC_API_KEY` and `ANTHROPIC_AUTH_TOKEN`; nil where there
    /// is none.
    ///
    /// An empty one is none. White space around it is taken off. Blocks, for the start of a process.
    public static func load(
        environment: [String: String]
    ) throws(ClaudeConfigurationError) -> ClaudeCredential? {
        if let directory = environment["CREDENTIALS_DIRECTORY"] {
            for source in Source.allCases {
                let text = try read("\(directory)/\(source.credentialName)")
                if !text.isEmpty { return source.credential(Secret(text)) }
            }
        }
        for source in Source.allCases {
            let text = trimmed(environment[source.variable] ?? "")
            if !text.isEmpty { return source.credential(Secret(text)) }
        }
        return nil
    }

    /// Such as `ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN`, for people.
    public static let variables = Source.allCases.map(\.variable).joined(separator: " or ")

    /// Such as `anthropic-api-key or anthropic-auth-token`, for people.
    public static let credentialNames =
        Source.allCases.map(\.credentialName).joined(separator: " or ")

    /// Which kind it is, for the log.
    public var label: String {
        switch self {
        case .key: "API key"
        case .token: "bearer token"
        }
    }

    /// What no text of a peer may show.
    var secret: Secret {
        switch self {
        case .key(let secret), .token(let secret): secret
        }
    }

    /// The one header that carries it.
    public var header: (name: String, value: String) {
        switch self {
        case .key(let secret): ("x-api-key", secret.reveal())
        case .token(let secret): ("authorization", "Bearer \(secret.reveal())")
        }
    }

    /// Printable ASCII, so that it is one header's value.
    var isUsable: Bool {
        let text = secret.reveal()
        return !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Empty where there is no such file.
    private static func read(_ path: String) throws(ClaudeConfigurationError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return "" }
            throw .unreadableKeyFile(path, .last)
        }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: maximumFileBytes + 1)
        let count = unsafe Glibc.read(descriptor, &content, content.count)
        guard count >= 0 else { throw .unreadableKeyFile(path, .last) }
        guard count <= maximumFileBytes else { throw .oversizedKeyFile(path) }
        return trimmed(String(decoding: content[..<count], as: UTF8.self))
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
