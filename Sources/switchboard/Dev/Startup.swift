import Client
import Daemon
import Glibc
import HTTPClient
import Synchronization

/// What the supervisor hears from the thread that waits for everything to answer.
enum StartupNews: Sendable {
    case answers(FirstLogin)
    /// The process that is most likely to blame, and what was seen.
    case failed(process: String, reason: String)
}

/// Waits, on a thread of its own, until a client would be served, and makes the first login.
struct Startup: Sendable {
    let hubSocket: String
    let firstLoginFile: String
    let caFile: String
    let port: UInt16
    let webSocketSockets: [(name: String, path: String)]

    /// For all steps together; on a slow machine under load they take a few seconds.
    static let deadline: Duration = .seconds(60)
    private static let pollMicroseconds: useconds_t = 30_000

    /// Blocks until all is well or the deadline has passed.
    func run() -> StartupNews {
        let end = ContinuousClock.now + Self.deadline
        do {
            let hub = try HubClient(
                socket: hubSocket, deadline: Self.deadline, waitsForStart: true)
            let login = try FirstLogin.ensure(hub, file: firstLoginFile)
            if let failure = waitForWorkers(until: end) { return failure }
            return waitForREST(until: end) ?? .answers(login)
        } catch {
            return .failed(process: "hub", reason: "\(error)")
        }
    }

    private func waitForWorkers(until end: ContinuousClock.Instant) -> StartupNews? {
        for (name, path) in webSocketSockets {
            let isListening = poll(until: end) { UnixProbe.isAnswered(path) }
            guard isListening else {
                return .failed(process: name, reason: "it does not listen at \(path)")
            }
        }
        return nil
    }

    /// nginx, the FastCGI worker, the hub and a WebSocket worker are all on these ways.
    private func waitForREST(until end: ContinuousClock.Instant) -> StartupNews? {
        let client = HTTPClient(trust: HTTPTrust(caFile: caFile, ignoresProxies: true))
        var process = "nginx"
        var reason = ""
        func answers(_ path: String, by worker: String, _ isFine: (Int) -> Bool) -> Bool {
            let url = "https://127.0.0.1:\(port)\(path)"
            do throws(HTTPClientError) {
                let status = try client.perform(HTTPRequest("GET", url, timeout: .seconds(2)))
                    .status
                (process, reason) = (worker, "GET \(path) is answered with \(status)")
                return isFine(status)
            } catch {
                (process, reason) = ("nginx", error.reason)
                return false
            }
        }
        let isServed = poll(until: end) {
            answers("/ready", by: "fcgi") { $0 == 200 }
                // No upgrade and no credential: refused, but by a worker that has its hub.
                && answers("/ws", by: webSocketSockets.first?.name ?? "ws-1") { $0 < 500 }
        }
        return isServed ? nil : .failed(process: process, reason: reason)
    }

    private func poll(until end: ContinuousClock.Instant, _ condition: () -> Bool) -> Bool {
        while !condition() {
            guard ContinuousClock.now < end else { return false }
            usleep(Self.pollMicroseconds)
        }
        return true
    }
}
