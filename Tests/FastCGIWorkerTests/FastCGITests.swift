import Daemon
import FastCGI
import Glibc
import Synchronization
import System
import Testing
import TestSupport

/// A listener with one thread behind it that answers with what it was asked.
private final class EchoServer: Sendable {
    let path: String
    let listener: FastCGIListener
    private let directory: TemporaryDirectory
    private let ended = Flag()

    init(peerTimeout: Duration = .seconds(5), maximumBytes: Int = 100_000) throws {
        directory = try TemporaryDirectory()
        path = directory.file("fcgi.sock")
        listener = try FastCGIListener(path: path, backlog: 16, mode: 0o600)
        let listener = listener
        let ended = ended
        NamedThread.start("echo") {
            if let slot = try? FastCGIRequestSlot(listener, peerTimeout: peerTimeout) {
                while let request = slot.accept() { Self.answer(request, maximumBytes) }
            }
            ended.set()
        }
    }

    deinit { listener.shutdown() }

    /// True once the thread has left, false when it did not within a minute.
    func hasEnded() -> Bool { ended.wait() }

    private static func answer(_ request: FastCGIRequest, _ maximumBytes: Int) {
        do throws(FastCGIBodyError) {
            let body = try request.readBody(maximumBytes: maximumBytes)
            let headers = [
                ("Method", request.method), ("Path", request.path),
                ("Query", request.query ?? "none"),
                ("Cookie", request.parameter("HTTP_COOKIE") ?? "none"),
            ]
            request.respond(status: 200, headers: headers, body: body)
        } catch .tooLarge {
            request.respond(status: 413, headers: [], body: [])
        } catch {
            request.respond(status: 400, headers: [], body: [])
        }
        request.finish()
    }
}

@Suite struct FastCGITests {
    private func exchange(_ server: EchoServer, _ bytes: [UInt8]) throws -> CGIResponse? {
        let client = try #require(FastCGIClient(path: server.path))
        client.send(bytes)
        client.finishSending()
        return client.response()
    }

    @Test func `a request's parameters and body arrive and the answer goes back`() throws {
        let server = try EchoServer()
        let body = (0..<90_000).map { UInt8(truncatingIfNeeded: $0) }
        let cookie = String(repeating: "c", count: 300)
        let bytes = FastCGIClient.request(
            "PUT", "/api/theme", query: "a=b", headers: [("HTTP_COOKIE", cookie)], body: body)
        let response = try #require(try exchange(server, bytes))
        #expect(response.status == 200)
        #expect(response.headers["method"] == "PUT")
        #expect(response.headers["path"] == "/api/theme")
        #expect(response.headers["query"] == "a=b")
        #expect(response.headers["cookie"] == cookie)
        #expect(response.body == body)
    }

    @Test func `one thread answers many requests in turn`() throws {
        let server = try EchoServer()
        for number in 0..<50 {
            let bytes = FastCGIClient.request("GET", "/\(number)")
            #expect(try exchange(server, bytes)?.headers["path"] == "/\(number)")
        }
    }

    @Test func `a body over the limit is told apart from a truncated one`() throws {
        let server = try EchoServer(maximumBytes: 10)
        let announced = FastCGIClient.request("POST", "/", body: [UInt8](repeating: 1, count: 11))
        #expect(try exchange(server, announced)?.status == 413)
        let hidden =
            FastCGIClient.head([("A", "b")]) + FastCGIClient.body([UInt8](repeating: 1, count: 11))
        #expect(try exchange(server, hidden)?.status == 413)
        let short = FastCGIClient.head([("CONTENT_LENGTH", "5")]) + FastCGIClient.body([1, 2])
        #expect(try exchange(server, short)?.status == 400)
        let open = FastCGIClient.head([("A", "b")]) + FastCGIClient.record(5, [1, 2])
        #expect(try exchange(server, open)?.status == 400)
    }

    @Test func `what is not FastCGI costs its own connection only`() throws {
        let server = try EchoServer()
        let good = FastCGIClient.request("GET", "/good")
        let bad: [[UInt8]] = [
            [], [1], Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 5000),
            FastCGIClient.begin, Array(good.prefix(40)),
            // A parameter that announces 2 GiB and ends.
            FastCGIClient.begin + FastCGIClient.record(4, [0xFF, 0xFF, 0xFF, 0xFF, 1, 65]),
            FastCGIClient.begin + FastCGIClient.record(4, FastCGIClient.parameters([("A", "b")])),
        ]
        for bytes in bad {
            #expect(try exchange(server, bytes) == nil)
            #expect(try exchange(server, good)?.status == 200)
        }
    }

    @Test func `a silent client frees its thread after the time-out`() throws {
        let server = try EchoServer(peerTimeout: .milliseconds(50))
        let silent = try #require(FastCGIClient(path: server.path))
        silent.send(FastCGIClient.begin)
        let good = FastCGIClient.request("GET", "/")
        // So short a time-out can meet a good client too, where the machine stalls.
        let answered = try (0..<20).contains { _ in try exchange(server, good)?.status == 200 }
        #expect(answered)
    }

    @Test func `shutdown wakes a waiting thread and takes the socket away`() throws {
        let server = try EchoServer()
        _ = try exchange(server, FastCGIClient.request("GET", "/"))
        server.listener.shutdown()
        #expect(server.hasEnded())
        #expect(FastCGIClient(path: server.path) == nil)
    }

    @Test func `a request that runs at shutdown is answered`() throws {
        let server = try EchoServer()
        let client = try #require(FastCGIClient(path: server.path))
        let bytes = FastCGIClient.request("POST", "/late", body: [1])
        client.send(Array(bytes.dropLast(8)))
        server.listener.shutdown()
        client.send(Array(bytes.suffix(8)))
        #expect(client.response()?.headers["path"] == "/late")
        #expect(server.hasEnded())
    }

    @Test func `a file that a killed process left is replaced, a living one is not`() throws {
        let server = try EchoServer()
        #expect(throws: FastCGIError.socket(.inUse(path: server.path))) {
            try FastCGIListener(path: server.path, backlog: 1, mode: 0o600)
        }
        #expect(throws: FastCGIError.socket(.relativePath("relative"))) {
            try FastCGIListener(path: "relative", backlog: 1, mode: 0o600)
        }
        let path = server.path + "-left"
        for _ in 0..<2 {
            // Released without a shutdown, as if it had been killed.
            _ = try FastCGIListener(path: path, backlog: 1, mode: 0o600)
        }
        unsafe unlink(path)
    }

    @Test func `libfcgi does not keep the handler of SIGTERM`() throws {
        _ = try EchoServer()
        var action = sigaction()
        unsafe sigaction(SIGTERM, nil, &action)
        let isDefault = unsafe action.__sigaction_handler.sa_handler == nil
        #expect(isDefault)
    }
}
