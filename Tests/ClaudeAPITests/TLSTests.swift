import ClaudeAPI
import Crypto
import EventLoop
import Glibc
import HTTPClient
import Testing
import TestSupport

/// Whom the client trusts, against a TLS server that speaks no HTTP.
struct TLSTests {
    @Test func `an unknown certificate is refused and not tried again, a given one is trusted`()
        throws
    {
        let server = try TLSServer()
        let refused = try failure(server, caFile: nil)
        guard case .connection(let error)? = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(error.cause == .tls)
        #expect(refused?.canRetry == false)
        let trusted = try failure(server, caFile: server.certificate)
        #expect(trusted == .silent(for: .milliseconds(200)))
    }

    private func failure(_ server: TLSServer, caFile: String?) throws -> ClaudeError? {
        let world = try World(baseURL: "https://localhost:\(server.port)") { configuration in
            configuration.caFile = caFile
            configuration.idleTimeout = .milliseconds(200)
            configuration.retries.maximumAttempts = 1
        }
        return world.ask("Hi").failure
    }
}

/// `openssl s_server` with a certificate of its own, which says nothing to its clients.
private final class TLSServer {
    let port: Int
    let certificate: String
    private let directory: TemporaryDirectory
    private let process: pid_t
    /// The server ends with its standard input.
    private let input: Int32
    private let output: Int32

    init() throws {
        directory = try TemporaryDirectory()
        certificate = "\(directory.path)/cert.pem"
        let key = "\(directory.path)/key.pem"
        try directory.write("cert.pem", "")
        try directory.write("key.pem", "")
        let (maker, _, _) = try Self.spawn([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ])
        var status: Int32 = 0
        unsafe waitpid(maker, &status, 0)
        try #require(status == 0)
        let (process, input, output) = try Self.spawn([
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key,
        ])
        self.process = process
        self.input = input
        self.output = output
        port = try Self.port(in: output)
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        close(input)
        close(output)
    }

    /// It prints "ACCEPT 127.0.0.1:PORT".
    private static func port(in output: Int32) throws -> Int {
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(output, &chunk, chunk.count)
            try #require(count > 0, "openssl s_server ended: \(text)")
            text += String(decoding: chunk[..<count], as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
            if text.hasSuffix("\n"),
                let port = line?.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
        }
    }

    private static func spawn(
        _ words: [String]
    ) throws -> (process: pid_t, input: Int32, output: Int32) {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        let isMade = unsafe pipe(&input) == 0 && pipe(&output) == 0
        try #require(isMade)
        for descriptor in input + output { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for index in words.indices { unsafe free(arguments[index]) } }
        var process: pid_t = 0
        let result = unsafe posix_spawnp(
            &process, words[0], &actions, nil, &arguments, environ)
        close(input[0])
        close(output[1])
        try #require(result == 0)
        return (process, input[1], output[0])
    }
}
