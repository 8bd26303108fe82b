import System
import Glibc
import HTTPClient
import JSON
import Synchronization
import Testing
import Tools

@Suite(.serialized) struct `WebFetch` {
    let server: PageServer
    init() throws { server = try PageServer() }

    @Test func `a page comes as text`() throws {
        let outcome = try open().run("WebFetch", ["url": .string(server.url("/page"))])
        #expect(!outcome.isError, "\(outcome.text)")
        #expect(outcome.text.hasSuffix("(status 200)\n\nTitle\n\nHello & welcome"))
    }

    @Test func `a page of this machine or network is never connected to`() throws {
        let harness = try Harness()
        for url in [
            server.url("/page"), "http://localhost:\(server.port)/", "http://[::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:127.0.0.1]:\(server.port)/", "http://[::127.0.0.1]:\(server.port)/",
            "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
            "http://0.0.0.0:\(server.port)/",
        ] {
            let outcome = try harness.run("WebFetch", ["url": .string(url)])
            #expect(outcome.isError && outcome.text.contains("public internet"), "\(outcome.text)")
        }
        #expect(server.requests == 0)
    }

    @Test func `a redirect is judged like the first address`() throws {
        let harness = try Harness(admits: { $0 == .v4(0x7F00_0001) })
        let good = try harness.run("WebFetch", ["url": .string(server.url("/redirect"))])
        #expect(good.text.contains("Hello"), "\(good.text)")
        let bad = try harness.run("WebFetch", ["url": .string(server.url("/inside"))])
        #expect(bad.isError && bad.text.contains("127.0.0.2"), "\(bad.text)")
        let scheme = try harness.run("WebFetch", ["url": .string(server.url("/file"))])
        #expect(scheme.isError && scheme.text.contains("only http and https"), "\(scheme.text)")
        let loop = try harness.run("WebFetch", ["url": .string(server.url("/loop"))])
        #expect(loop.isError && loop.text.contains("redirects"), "\(loop.text)")
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://example.org/", "gopher://x/", "http://user:pass@x.org/",
        "http://", "example.org", "http://x y/", "HTTP://user@x/", "javascript:x", "http://x\n/",
        "dict://127.0.0.1:6379/", "http://127.0.0.1\\@example.org/", "http:\\\\127.0.0.1/",
        "http://127.0.0.1:PORT\\x", "http://127.0.0.1:PORT/a\\b", "http://x@127.0.0.1:PORT/page",
        "http://x#@127.0.0.1:PORT/page@", "http://2130706433:PORT/page", "http://127.1:PORT/page",
        "http://0x7f000001:PORT/page", "http://0177.0.0.1:PORT/page", "http://0x7f.1:PORT/page",
        "http://127.0.0.01:PORT/page", "http://127.0.0.1.:PORT/page", "http://0:PORT/page",
        "http://127.0.0.1:/page", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
        "http://127.0.0.1:0PORT/page", "http://127.0.0.1:+PORT/page", "http://127.0.0.1: PORT/page",
        "http://127.0.0.%31:PORT/page", "http://%6cocalhost:PORT/page", "http://[::1%25lo]:PORT/",
        "http://１２７.0.0.1:PORT/page", "http://①②⑦.0.0.1/", "http://localhost。:PORT/page",
        "http://ｌocalhost:PORT/page", "http://loc\u{AD}alhost:PORT/page", "http://[::1]x:PORT/",
        "http://[127.0.0.1]:PORT/page", "http:///127.0.0.1:PORT/page", "http:127.0.0.1:PORT/page",
        "ht\ttp://127.0.0.1:PORT/page", "http://127.0.0.1:PORT\r\nx: y/page",
        "http://a..b/", "http://.b/", "http://-a/", "http://\u{212A}elvin/", " http://x.org/",
    ])
    func `what is no plain address of a page is refused, and nobody is asked`(
        _ url: String
    ) throws {
        let text = url.split(separator: "PORT", omittingEmptySubsequences: false)
            .joined(separator: "\(server.port)")
        let outcome = try open().run("WebFetch", ["url": .string(text)])
        #expect(outcome.isError, "\(outcome.text)")
        #expect(!outcome.text.contains("failed"), "it was tried: \(outcome.text)")
        #expect(server.requests == 0)
    }

    @Test(arguments: ["/backslash", "/user", "/octal", "/number", "/tab"])
    func `a redirect to a doubtful address is not followed`(_ path: String) throws {
        let outcome = try open().run("WebFetch", ["url": .string(server.url(path))])
        #expect(outcome.isError && !outcome.text.contains("Hello"), "\(outcome.text)")
        #expect(server.requests == 1)
    }

    @Test func `a path may hold what people write`() throws {
        let page = server.url("/page?q=ü|{x}&y=%20#part")
        let outcome = try open().run("WebFetch", ["url": .string(page)])
        #expect(outcome.text.contains("not here"), "\(outcome.text)")
        #expect(server.paths == ["/page?q=%C3%BC%7C%7Bx%7D&y=%20"])
    }

    @Test func `an error, a binary and a page without an end are said to be so`() throws {
        let harness = try open()
        let missing = try harness.run("WebFetch", ["url": .string(server.url("/none"))])
        #expect(missing.isError && missing.text.contains("status 404"))
        let binary = try harness.run("WebFetch", ["url": .string(server.url("/binary"))])
        #expect(binary.isError && binary.text.contains("no text"))
        let endless = try harness.run("WebFetch", ["url": .string(server.url("/endless"))])
        #expect(endless.text.contains("cut off"))
        #expect(endless.text.utf8.count <= ToolLimits.maximumResultBytes)
    }

    @Test func `a cancel answers at once, also while a server is silent`() throws {
        let harness = try open()
        let call = try harness.prepare("WebFetch", ["url": .string(server.url("/silent"))]).get()
        var outcome: ToolOutcome?
        let run = harness.runner.run(
            call, access: .writable, in: harness.workspace, onOutput: { _ in },
            completion: { outcome = $0 })
        try harness.wait { [server] in server.requests > 0 }
        let start = ContinuousClock.now
        run.cancel()
        try harness.wait { outcome != nil }
        #expect(ContinuousClock.now - start < ToolLimits.fetchTime / 2)
        #expect(outcome?.isError == true)
    }

    /// For pages of the test's own server.
    private func open() throws -> Harness { try Harness(admits: { _ in true }) }
}

/// A web server of a few pages, on a thread of its own.
final class PageServer: Sendable {
    let port: Int
    private let socket: Int32
    private let asked = Mutex<[String]>([])
    var requests: Int { paths.count }
    /// What was asked for, in order.
    var paths: [String] { asked.withLock { $0 } }

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) == 0 && listen(socket, 32) == 0
                    && getsockname(socket, $0, &size) == 0
            }
        }
        guard bound else { throw Folder.Failure("listening on loopback", errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.socket = socket
        NamedThread.start("page-server") { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0, let self else { break }
                self.answer(connection)
            }
            close(socket)
        }
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    private func answer(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let size = unsafe read(connection, &buffer, buffer.count)
        let head = String(decoding: buffer[..<max(0, size)], as: UTF8.self)
        let path = head.split(separator: " ").dropFirst().first ?? ""
        asked.withLock { $0.append(String(path)) }
        if path == "/silent" {
            // Until the other side gives up; the test is over long before.
            NamedThread.start("silent") {
                var byte: UInt8 = 0
                _ = unsafe read(connection, &byte, 1)
                close(connection)
            }
            return
        }
        defer { close(connection) }
        send(connection, Array(page(String(path)).utf8))
        guard path == "/endless" else { return }
        let line = Array("endless text\n".utf8)
        let block = (0..<5_000).flatMap { _ in line }
        for _ in 0..<200 where !send(connection, block) { return }
    }

    private func page(_ path: String) -> String {
        func answer(_ status: String, _ headers: String, _ body: String = "") -> String {
            "HTTP/1.1 \(status)\r\nconnection: close\r\n\(headers)\r\n\r\n\(body)"
        }
        return switch path {
        case "/page":
            answer(
                "200 OK", "content-type: text/html; charset=utf-8",
                "<title>Title</title><script>no()</script><p>Hello &amp; welcome</p>")
        case "/redirect": answer("302 Found", "location: /page")
        case "/inside": answer("302 Found", "location: http://127.0.0.2:\(port)/page")
        case "/file": answer("302 Found", "location: file:///etc/passwd")
        case "/backslash": answer("302 Found", "location: http://127.0.0.1:\(port)\\@x.org/page")
        case "/user": answer("302 Found", "location: http://x.org@127.0.0.1:\(port)/page")
        case "/octal": answer("302 Found", "location: http://0177.0.0.1:\(port)/page")
        case "/number": answer("302 Found", "location: //2130706433:\(port)/page")
        case "/tab": answer("302 Found", "location: ht\ttp://127.0.0.1:\(port)/page")
        case "/loop": answer("302 Found", "location: /loop")
        case "/binary": answer("200 OK", "content-type: image/png", "PNG")
        case "/endless": answer("200 OK", "content-type: text/plain")
        default: answer("404 Not Found", "content-type: text/plain", "not here")
        }
    }

    @discardableResult private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    connection, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
