import ClaudeAPI
import Crypto
import Glibc
import HTTPClient
import Testing
import TestSupport

struct ConfigurationTests {
    private let key = Secret("sk-test")

    @Test func `without a base URL it is Anthropic's`() throws {
        let configuration = try ClaudeConfiguration(key: key, environment: [:])
        #expect(configuration.baseURL == "https://api.anthropic.com")
    }

    @Test func `a base URL may have a path and loses its last slash`() throws {
        let environment = ["ANTHROPIC_BASE_URL": "http://gateway:4000/claude/"]
        #expect(
            try ClaudeConfiguration(key: key, environment: environment).baseURL
                == "http://gateway:4000/claude")
    }

    @Test(arguments: [
        "ftp://a", "api.anthropic.com", "https://", "https:///v1", "https://user:pw@a",
        "https://a?b", "https://a#b", "https://a b", "https://a\r\nx: y", "https://ä",
    ])
    func `a base URL that cannot be one is refused without being shown`(_ url: String) {
        #expect(throws: ClaudeConfigurationError.invalidBaseURL) {
            try ClaudeConfiguration(key: key, environment: ["ANTHROPIC_BASE_URL": url])
        }
        #expect(!ClaudeConfigurationError.invalidBaseURL.description.contains("pw"))
    }

    @Test(arguments: ["", "a b", "a\nx-evil: 1", "schlüssel"])
    func `a key that cannot be a header is refused`(_ text: String) {
        #expect(throws: ClaudeConfigurationError.invalidKey) {
            try ClaudeConfiguration(key: Secret(text), environment: [:])
        }
    }

    @Test func `no text of the configuration shows the key`() throws {
        let configuration = try ClaudeConfiguration(
            key: Secret("sk-very-secret"),
            environment: ["https_proxy": "http://user:proxy-secret@p:3128"])
        var dumped = "\(configuration)"
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("sk-very-secret"))
        #expect(!"\(configuration.proxy)".contains("proxy-secret"))
    }

    @Test func `the key comes from a file, else a credential, else the environment`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("named", "  sk-file\n")
        try directory.write("anthropic-api-key", "sk-credential\n")
        let environment = [
            "CREDENTIALS_DIRECTORY": directory.path, "ANTHROPIC_API_KEY": "sk-environment",
        ]
        func load(_ file: String?, _ environment: [String: String]) throws -> String? {
            try APIKey.load(file: file, environment: environment)?.reveal()
        }
        #expect(try load("\(directory.path)/named", environment) == "sk-file")
        #expect(try load(nil, environment) == "sk-credential")
        #expect(try load(nil, ["ANTHROPIC_API_KEY": " sk-environment "]) == "sk-environment")
        #expect(try load(nil, ["CREDENTIALS_DIRECTORY": "/nonexistent"]) == nil)
        #expect(try load(nil, ["ANTHROPIC_API_KEY": ""]) == nil)
    }

    @Test func `a named key file that is not there, or is no key, is an error`() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: ClaudeConfigurationError.self) {
            try APIKey.load(file: "\(directory.path)/missing", environment: [:])
        }
        try directory.write("large", String(repeating: "x", count: 5_000))
        #expect(throws: ClaudeConfigurationError.oversizedKeyFile("\(directory.path)/large")) {
            try APIKey.load(file: "\(directory.path)/large", environment: [:])
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
