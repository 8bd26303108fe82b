import Daemon
import EventLoop
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime

/// The hub on this machine, through its socket: the user who runs this is the credential.
///
/// Owns an event loop that turns while a call waits, on the caller's thread.
public final class HubClient: Administration {
    let loop: EventLoop
    let link: HubLink
    private let socket: String
    private let failures = LinkFailures()

    /// Connects; throws when the hub has not greeted within `deadline`.
    ///
    /// - Parameter waitsForStart: keeps trying while nobody listens yet, as after starting a hub.
    public init(
        socket: String, deadline: Duration = .seconds(3), waitsForStart: Bool = false
    ) throws(ClientError) {
        self.socket = socket
        do {
            loop = try EventLoop()
        } catch {
            throw .hubUnreachable(socket: socket, reason: "\(error)")
        }
        let failures = failures
        link = HubLink(
            loop: loop, path: socket,
            hello: Hello(role: .cli, name: "cli-\(getpid())", processID: getpid()),
            logger: Logger(label: "cli") { _ in LinkFailureHandler(failures: failures) })
        try connect(within: deadline, waitsForStart: waitsForStart)
    }

    deinit { link.stop() }

    public func call(
        _ operation: Operation, _ parameters: JSONObject
    ) throws(ClientError) -> JSONValue {
        try request { .call($0, nil, operation, parameters) }
    }

    public func publish(
        _ events: [JSONObject], of team: TeamID?
    ) throws(ClientError) -> [JSONValue] {
        let batch: ProducedBatch
        do throws(ValidationError) {
            batch = try ProducedBatch(events, at: WallClock.now)
        } catch {
            throw .invalid(error)
        }
        var known: [ChannelName: ChannelIdentity] = [:]
        let events = try batch.events { (name) throws(ClientError) in
            if let identity = known[name] { return identity }
            let identity = try identity(of: name, team)
            known[name] = identity
            return identity
        }
        let answer = try request { .publish($0, nil, events, texts: batch.texts) }
        guard let results = answer["results"]?.arrayValue else {
            throw .unexpectedAnswer("publish has no results")
        }
        return results
    }

    private func request(
        _ message: (Int64) -> PeerMessage
    ) throws(ClientError) -> JSONValue {
        var outcome: HubLink.Answer?
        link.request(message) { [loop] answer in
            outcome = answer
            loop.stop()
        }
        loop.run()
        switch outcome {
        case .answered(.result(_, let value)): return value
        case .refused(let error): throw .refused(error)
        case .answered: throw .unexpectedAnswer("another kind of answer")
        case .unsent, .lost, nil: throw .linkLost(reason: failures.last ?? "it is gone")
        }
    }

    private func connect(
        within deadline: Duration, waitsForStart: Bool
    ) throws(ClientError) {
        let timer = loop.schedule(after: deadline) { [loop] in loop.stop() }
        link.onUp = { [loop] _ in loop.stop() }
        link.start()
        // The first try is made at once: what failed then is already known.
        if waitsForStart || failures.last == nil { loop.run() }
        timer.cancel()
        link.onUp = nil
        guard link.isUp else {
            throw .hubUnreachable(socket: socket, reason: failures.last ?? "it does not greet")
        }
    }
}
