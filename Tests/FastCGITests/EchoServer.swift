import EventLoop
import FastCGI
import Synchronization
import System
import TestSupport

/// A server whose one thread answers with what it was asked, on a loop of its own.
final class EchoServer: Sendable {
    let path: String
    private let directory: TemporaryDirectory
    private let stop: Mailbox<Bool>
    private let ended = Flag()

    init(timeout: Duration = .seconds(5), maximumBytes: Int = 100_000) throws {
        directory = try TemporaryDirectory()
        path = directory.file("fcgi.sock")
        let box = Mutex<Result<Mailbox<Bool>, any Error>?>(nil)
        let isListening = Flag()
        let (path, ended) = (path, ended)
        let record = Refusals()
        NamedThread.start("loop") {
            do {
                let loop = try EventLoop()
                let server = try FastCGIServer(
                    loop: loop, path: path, backlog: 64, mode: 0o600,
                    limits: FastCGILimits(maximumBodyBytes: maximumBytes), threads: 1,
                    timeout: timeout,
                    overloaded: { CGIOutput(status: 503, phrase: "Busy", headers: [], body: []) })
                server.onRefusal = { refusal in record.add(refusal) }
                let threads = loop.mailbox(capacity: 1) { (_: [Bool]) in loop.stop() }
                let stop = loop.mailbox(capacity: 1) { (_: [Bool]) in server.shutdown() }
                let requests = server.requests
                NamedThread.start("echo") {
                    while let exchange = requests.next() { Self.answer(exchange) }
                    _ = threads.post(true)
                }
                box.withLock { $0 = .success(stop) }
                isListening.set()
                loop.run()
                withExtendedLifetime(server) {}
            } catch {
                box.withLock { $0 = .failure(error) }
                isListening.set()
            }
            ended.set()
        }
        _ = isListening.wait()
        guard let result = box.withLock({ $0 }) else { throw FastCGIRefusal.timedOut(.seconds(60)) }
        stop = try result.get()
        recorded = record
    }

    private let recorded: Refusals

    deinit { shutdown() }

    func shutdown() { _ = stop.post(true) }

    /// True once loop and thread have ended, false when they did not within a minute.
    func hasEnded() -> Bool { ended.wait() }

    /// The refusals so far.
    var labels: [String] { recorded.all }

    private static func answer(_ exchange: FastCGIExchange) {
        let request = exchange.request
        switch request.body {
        case .success(let body):
            let headers = [
                ("Method", request.method), ("Path", request.path),
                ("Query", request.query ?? "none"),
                ("Cookie", request.parameter("HTTP_COOKIE") ?? "none"),
            ]
            exchange.answer(CGIOutput(status: 200, phrase: "OK", headers: headers, body: body))
        case .failure(let error):
            let status = if case .tooLarge = error { 413 } else { 400 }
            exchange.answer(CGIOutput(status: status, phrase: "Status", headers: [], body: []))
        }
    }
}

/// What the loop's thread notes and the test reads.
private final class Refusals: Sendable {
    private let labels = Mutex<[String]>([])

    var all: [String] { labels.withLock { $0 } }

    func add(_ refusal: FastCGIRefusal) { labels.withLock { $0.append(refusal.label) } }
}
