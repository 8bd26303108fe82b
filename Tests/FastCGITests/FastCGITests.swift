import Daemon
import EventLoop
import FastCGI
import Glibc
import System
import Testing
import TestSupport

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
        #expect(try exchange(server, open) == nil, "a body that breaks off is no request")
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

    @Test func `half requests take no thread from whole ones`() throws {
        let server = try EchoServer(timeout: .seconds(60))
        let halves = try (0..<40).map { number in
            let half = try #require(FastCGIClient(path: server.path))
            half.send(Array(FastCGIClient.request("GET", "/half").prefix(number * 2)))
            return half
        }
        let before = MonotonicClock.read()
        #expect(try exchange(server, FastCGIClient.request("GET", "/whole"))?.status == 200)
        #expect(MonotonicClock.read() - before < .seconds(2))
        withExtendedLifetime(halves) {}
    }

    @Test func `a silent client is closed after the time-out`() throws {
        let server = try EchoServer(timeout: .milliseconds(50))
        let silent = try #require(FastCGIClient(path: server.path))
        silent.send(FastCGIClient.begin)
        #expect(silent.response() == nil)
        server.shutdown()
        #expect(server.hasEnded())
        #expect(server.labels == ["timedOut"])
    }

    @Test func `a client that does not read its answer takes no thread`() throws {
        let server = try EchoServer(maximumBytes: 4_000_000)
        let body = [UInt8](repeating: 0x61, count: 3_000_000)
        let slow = try #require(FastCGIClient(path: server.path))
        slow.send(FastCGIClient.request("POST", "/slow", body: body))
        #expect(try exchange(server, FastCGIClient.request("GET", "/other"))?.status == 200)
        #expect(slow.response()?.body == body, "the loop sends what the thread could not")
    }

    @Test func `shutdown wakes a waiting thread and takes the socket away`() throws {
        let server = try EchoServer()
        _ = try exchange(server, FastCGIClient.request("GET", "/"))
        server.shutdown()
        #expect(server.hasEnded())
        #expect(FastCGIClient(path: server.path) == nil)
    }

    @Test func `a request that runs at shutdown is answered`() throws {
        let server = try EchoServer()
        let client = try #require(FastCGIClient(path: server.path))
        let bytes = FastCGIClient.request("POST", "/late", body: [1])
        client.send(Array(bytes.dropLast(8)))
        server.shutdown()
        client.send(Array(bytes.suffix(8)))
        #expect(client.response()?.headers["path"] == "/late")
        #expect(server.hasEnded())
    }

    @Test func `a file that a killed process left is replaced, a living one is not`() throws {
        let server = try EchoServer()
        let loop = try EventLoop()
        func listen(_ path: String) throws {
            // Released without a shutdown, as if it had been killed.
            _ = try FastCGIServer(
                loop: loop, path: path, backlog: 1, mode: 0o600,
                limits: FastCGILimits(maximumBodyBytes: 1), threads: 1,
                overloaded: { CGIOutput(status: 503, phrase: "Busy", headers: [], body: []) })
        }
        #expect(throws: FastCGIError.socket(.inUse(path: server.path))) { try listen(server.path) }
        #expect(throws: FastCGIError.socket(.relativePath("relative"))) { try listen("relative") }
        let path = server.path + "-left"
        for _ in 0..<2 { try listen(path) }
        unsafe unlink(path)
    }
}
