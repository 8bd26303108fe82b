import Crypto
import Glibc
import System

/// Where the API key comes from: a credential file, else the environment.
public enum APIKey {
    /// The name of systemd's credential and of the variable.
    public static let credentialName = "anthropic-api-key"
    public static let variable = "ANTHROPIC_API_KEY"
    public static let maximumFileBytes = 4_096

    /// The first of: `file`, the credential `anthropic-api-key` (`LoadCredential`, in
    /// `$CREDENTIALS_DIRECTORY`), `ANTHROPIC_API_KEY`; nil where there is none.
    ///
    /// A file that is named must be there; a missing credential is none. White space around the key
    /// is taken off. Blocks, for the start of a process.
    public static func load(
        file: String?, environment: [String: String]
    ) throws(ClaudeConfigurationError) -> Secret? {
        if let file {
            guard let key = try read(file) else {
                throw .unreadableKeyFile(file, SystemError(ENOENT))
            }
            return key
        }
        if let directory = environment["CREDENTIALS_DIRECTORY"],
            let key = try read("\(directory)/\(credentialName)")
        {
            return key
        }
        let text = trimmed(environment[variable] ?? "")
        return text.isEmpty ? nil : Secret(text)
    }

    private static func read(_ path: String) throws(ClaudeConfigurationError) -> Secret? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unreadableKeyFile(path, .last)
        }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: maximumFileBytes + 1)
        let count = unsafe Glibc.read(descriptor, &content, content.count)
        guard count >= 0 else { throw .unreadableKeyFile(path, .last) }
        guard count <= maximumFileBytes else { throw .oversizedKeyFile(path) }
        return Secret(trimmed(String(decoding: content[..<count], as: UTF8.self)))
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
