import ClaudeAPI
import Crypto
import Glibc
import HTTPClient
import Testing
import TestSupport

struct ConfigurationTests {
    private let key = ClaudeCredential.key(Secret("sk-test"))

    @Test func `without a base URL it is Anthropic's`() throws {
        let configuration = try ClaudeConfiguration(key, environment: [:])
        #expect(configuration.baseURL == "https://api.anthropic.com")
    }

    @Test func `a base URL may have a path and loses its last slash`() throws {
        let environment = ["ANTHROPIC_BASE_URL": "http://gateway:4000/claude/"]
        #expect(
            try ClaudeConfiguration(key, environment: environment).baseURL
                == "http://gateway:4000/claude")
    }

    @Test(arguments: [
        "ftp://a", "api.anthropic.com", "https://", "https:///v1", "https://user:pw@a",
        "https://a?b", "https://a#b", "https://a b", "https://a\r\nx: y", "https://ä",
    ])
    func `a base URL that cannot be one is refused without being shown`(_ url: String) {
        #expect(throws: ClaudeConfigurationError.invalidBaseURL) {
            try ClaudeConfiguration(key, environment: ["ANTHROPIC_BASE_URL": url])
        }
        #expect(!ClaudeConfigurationError.invalidBaseURL.description.contains("pw"))
    }

    @Test(arguments: ["", "a b", "a\nx-evil: 1", "schlüssel"])
    func `a key that cannot be a header is refused`(_ text: String) {
        #expect(throws: ClaudeConfigurationError.invalidKey) {
            try ClaudeConfiguration(.key(Secret(text)), environment: [:])
        }
    }

    @Test func `no text of the configuration shows the key`() throws {
        let configuration = try ClaudeConfiguration(
            .token(Secret("sk-very-secret")),
            environment: ["https_proxy": "http://user:proxy-secret@p:3128"])
        var dumped = "\(configuration)"
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("sk-very-secret"))
        #expect(!"\(configuration.proxy)".contains("proxy-secret"))
    }

    @Test func `credentials come from files, else variables, and a key wins over a token`() throws {
        let directory = try TemporaryDirectory()
        let files = ["CREDENTIALS_DIRECTORY": directory.path]
        let variables = ["ANTHROPIC_API_KEY": " sk-key ", "ANTHROPIC_AUTH_TOKEN": "variable"]
        func header(_ environment: [String: String]) throws -> String? {
            try ClaudeCredential.load(environment: environment).map {
                "\($0.header.name): \($0.header.value)"
            }
        }
        #expect(try header([:]) == nil)
        let nothing = ["ANTHROPIC_API_KEY": "", "CREDENTIALS_DIRECTORY": "/nonexistent"]
        #expect(try header(nothing) == nil)
        #expect(try header(["ANTHROPIC_AUTH_TOKEN": "t"]) == "authorization: Bearer t")
        #expect(
            try header(["ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "t"])
                == "authorization: Bearer t")
        #expect(try header(variables) == "x-api-key: sk-key")
        // A unit's empty default is no credential.
        try directory.write("anthropic-api-key", "\n")
        #expect(try header(files.merging(variables) { $1 }) == "x-api-key: sk-key")
        try directory.write("anthropic-auth-token", "file\n")
        #expect(try header(files.merging(variables) { $1 }) == "authorization: Bearer file")
        try directory.write("anthropic-api-key", "sk-file\n")
        #expect(try header(files.merging(variables) { $1 }) == "x-api-key: sk-file")
    }

    @Test func `a credential's file that is no key is an error`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("anthropic-api-key", String(repeating: "x", count: 5_000))
        let path = "\(directory.path)/anthropic-api-key"
        #expect(throws: ClaudeConfigurationError.oversizedKeyFile(path)) {
            try ClaudeCredential.load(environment: ["CREDENTIALS_DIRECTORY": directory.path])
        }
    }

    @Test func `proxies follow curl's rules, and this machine needs none`() {
        func proxy(_ environment: [String: String], _ url: String) -> Bool {
            HTTPProxy.of(environment, for: url) != .none
        }
        #expect(proxy(["HTTPS_PROXY": "http://p"], "https://a"))
        #expect(!proxy(["HTTPS_PROXY": "http://p"], "http://a"))
        #expect(!proxy(["HTTP_PROXY": "http://p"], "http://a"))
        #expect(proxy(["ALL_PROXY": "http://p"], "http://a"))
        #expect(!proxy(["HTTPS_PROXY": ""], "https://a"))
        for local in ["127.0.0.1:80", "localhost", "[::1]:8080"] {
            #expect(!proxy(["ALL_PROXY": "http://p"], "http://\(local)/x"))
        }
    }
}
