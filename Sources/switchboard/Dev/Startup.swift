import Client
import Daemon
import Glibc
import HTTPClient
import Synchronization
import System

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
    let prefix: PathPrefix
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
            return waitForSite(login, until: end) ?? .answers(login)
        } catch {
            return .failed(process: "hub", reason: "\(error)")
        }
    }

    private func waitForWorkers(until end: ContinuousClock.Instant) -> StartupNews? {
        for (name, path) in webSocketSockets {
            let isListening = poll(until: end) { UnixSocket.probe(path) == nil }
            guard isListening else {
                return .failed(process: name, reason: "it does not listen at \(path)")
            }
        }
        return nil
    }

    /// As a client does: REST and a WebSocket, through nginx.
    private func waitForSite(
        _ login: FirstLogin, until end: ContinuousClock.Instant
    ) -> StartupNews? {
        let origin = "https://127.0.0.1:\(port)\(prefix.text)"
        let trust = HTTPTrust(caFile: caFile, ignoresProxies: true)
        let client = HTTPClient(trust: trust)
        var blame: (process: String, reason: String) = ("nginx", "")
        let isServed = poll(until: end) {
            do throws(HTTPClientError) {
                let status = try client.perform(
                    HTTPRequest("GET", "\(origin)/ready", timeout: .seconds(2))
                ).status
                blame = ("fcgi", "GET /ready is answered with \(status)")
                guard status == 200 else { return false }
            } catch {
                blame = ("nginx", error.reason)
                return false
            }
            do throws(ClientError) {
                try ClientWebSocket(origin: origin, key: login.apiKey, trust: trust).close()
                return true
            } catch {
                blame = (webSocketSockets.first?.name ?? "ws-1", "\(error)")
                return false
            }
        }
        return isServed ? nil : .failed(process: blame.process, reason: blame.reason)
    }

    private func poll(until end: ContinuousClock.Instant, _ condition: () -> Bool) -> Bool {
        while !condition() {
            guard ContinuousClock.now < end else { return false }
            usleep(Self.pollMicroseconds)
        }
        return true
    }
}
