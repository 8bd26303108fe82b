import Glibc
import System
import TestSupport
import Testing

/// A real nginx with a certificate of its own in front of an ``EchoServer``.
final class NginxWithTLS {
    let port: UInt16
    /// The server behind it, without TLS.
    var plainPort: UInt16 { echo.port }
    /// The file of the authority that signed its certificate.
    let authority: String

    private let directory: TemporaryDirectory
    private let echo: EchoServer
    private let process: pid_t

    init(isExpired: Bool = false) throws {
        echo = try EchoServer()
        directory = try Self.makeCertificate(
            names: "DNS:localhost,IP:127.0.0.1", days: isExpired ? -1 : 2)
        authority = directory.file("ca.pem")
        port = try LoopbackListener.unusedPort()
        try directory.write(
            "nginx.conf",
            """
            daemon off; master_process off; pid \(directory.path)/pid;
            error_log \(directory.path)/log; events {}
            http {
              access_log off; client_body_temp_path \(directory.path)/a;
              proxy_temp_path \(directory.path)/b; fastcgi_temp_path \(directory.path)/c;
              uwsgi_temp_path \(directory.path)/d; scgi_temp_path \(directory.path)/e;
              server {
                listen 127.0.0.1:\(port) ssl; listen 127.0.0.2:\(port) ssl;
                ssl_certificate \(directory.path)/cert.pem;
                ssl_certificate_key \(directory.path)/key.pem;
                location = /busy { add_header Retry-After 3 always; return 503; }
                location / {
                  proxy_pass http://127.0.0.1:\(echo.port); proxy_http_version 1.1;
                  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
                }
              }
            }
            """)
        process = try Self.spawn([
            "nginx", "-p", directory.path, "-e", directory.file("log"), "-c",
            directory.file("nginx.conf"),
        ])
        try Self.waitUntilListening(port)
    }

    deinit {
        // It may have been born with SIGTERM blocked, as the threads of tests are.
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// An authority, and a certificate of it for these names.
    static func makeCertificate(names: String, days: Int = 2) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            ["openssl", "req", "-x509"] + newKey + [
                "-keyout", directory.file("ca-key.pem"), "-out", directory.file("ca.pem"),
                "-days", "2", "-subj", "/CN=authority of \(directory.path.dropFirst(5))",
            ])
        try run(
            ["openssl", "req", "-new"] + newKey + [
                "-keyout", directory.file("key.pem"), "-out", directory.file("request.pem"),
                "-subj", "/CN=test", "-addext", "subjectAltName=\(names)",
            ])
        try run([
            "openssl", "x509", "-req", "-in", directory.file("request.pem"),
            "-CA", directory.file("ca.pem"), "-CAkey", directory.file("ca-key.pem"),
            "-days", "\(days)", "-copy_extensions", "copy", "-out", directory.file("cert.pem"),
        ])
        return directory
    }

    private static func waitUntilListening(_ port: UInt16) throws {
        let deadline = MonotonicClock.read() + patience
        while true {
            if let descriptor = try? BlockingSocket.connect(loopbackPort: port) {
                close(descriptor)
                return
            }
            try #require(MonotonicClock.read() < deadline, "nginx did not start")
            sched_yield()
        }
    }

    private static func run(_ words: [String]) throws {
        var status: Int32 = 0
        let process = try spawn(words)
        unsafe waitpid(process, &status, 0)
        try #require(status == 0, "\(words.joined(separator: " "))")
    }

    private static func spawn(_ words: [String]) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in [0, 1, 2] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        // Where daemons are, whatever the PATH of the tests is.
        let path = words[0] == "nginx" ? "/usr/sbin/nginx" : words[0]
        var process: pid_t = 0
        let result = unsafe CStrings.with(words) {
            unsafe posix_spawnp(&process, path, &actions, nil, $0, environ)
        }
        try #require(result == 0, "\(path): \(SystemError(result))")
        return process
    }
}
