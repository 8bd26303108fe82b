import Client
import JSON
import Protocol
import Realtime
import Synchronization

/// A client under a behaviour case: does the app's and the time's steps, and tells what is seen.
public final class CaseStage: Sendable {
    private let client: RealtimeClient
    private let clock = SteppedClock()
    private let tokens: SteppedTokens
    private let observe: @Sendable (CaseObservation) -> Void
    /// Whether the transport has nothing under way.
    private let transportIsQuiet: @Sendable () -> Bool
    private let listeners = Mutex<[String: RealtimeClient.Listener]>([:])

    /// - Parameters:
    ///   - script: the whole case; `options` and `random` are taken from it.
    ///   - observe: called as things happen, on any thread.
    public init(
        _ script: JSONValue, url: String, over transport: any WebSocketTransport,
        transportIsQuiet: @escaping @Sendable () -> Bool = { true },
        observe: @escaping @Sendable (CaseObservation) -> Void
    ) {
        self.observe = observe
        self.transportIsQuiet = transportIsQuiet
        tokens = SteppedTokens(script["options"])
        var options = RealtimeOptions(url: url)
        options.clock = clock
        options.random = { [random = SteppedRandom(script["random"])] in random.next() }
        if !tokens.isEmpty { options.token = { [tokens] in try await tokens.next() } }
        if let first = script["options"]?["backoff"]?["firstMs"]?.integerValue {
            options.policy.firstBackoff = .milliseconds(first)
        }
        if let maximum = script["options"]?["backoff"]?["maximumMs"]?.integerValue {
            options.policy.maximumBackoff = .milliseconds(maximum)
        }
        options.observer = { event in
            switch event {
            case .state(let state): observe(CaseObservation(state))
            case .error(let error): observe(CaseObservation(error))
            case .message: break
            }
        }
        client = RealtimeClient(options, over: transport)
    }

    /// What a client has: cases that need something else are not for this one.
    public static let abilities: Set<String> = ["handshakeStatus", "handlers"]

    /// Does one step, and returns when the client has done all that follows without more time.
    ///
    /// - Returns: false where it is none of the app's and the time's steps.
    public func perform(_ verb: String, _ value: JSONValue) async throws -> Bool {
        switch verb {
        case "connect": await client.connect()
        case "disconnect": await client.disconnect()
        case "subscribe": try await subscribe(value)
        case "dispose": try await dispose(value.stringValue ?? "")
        case "unsubscribe": await client.unsubscribe(from: try Self.channel(value))
        case "ping": await client.ping(settled: settled(value) { $0.fields })
        case "respond":
            await client.respond(try Self.response(value), settled: settled(value) { $0.fields })
        case "environment":
            if value == "offline" {
                await client.networkDisappeared()
            } else {
                await client.networkAppeared()
            }
        case "advance": try await advance(.milliseconds(value.integerValue ?? 0))
        default: return false
        }
        try await settle()
        return true
    }

    /// Waits until the client has nothing under way but what needs more time.
    public func settle() async throws {
        let end = ContinuousClock.now + .seconds(120)
        while await !isQuiet {
            guard ContinuousClock.now < end else { throw CaseFailure("the client does not settle") }
            await Task.yield()
        }
    }

    private var isQuiet: Bool {
        get async {
            guard transportIsQuiet() else { return false }
            guard let fetches = await client.openTokenFetch else { return true }
            return tokens.isSilent(since: fetches)
        }
    }
}

// MARK: - Steps

extension CaseStage {
    private func subscribe(_ value: JSONValue) async throws {
        let name = value["as"]?.stringValue ?? ""
        let throwsAlways = value["throws"]?.boolValue == true
        let listener = await client.listen(
            to: try Self.channel(value), since: try Self.position(value["since"]),
            recovers: value["recover"]?.boolValue ?? true
        ) { [observe] message in
            observe(CaseObservation(message, to: name))
            if throwsAlways { throw CaseFailure("as the case wants it") }
        }
        listeners.withLock { $0[name] = listener }
    }

    private func dispose(_ name: String) async throws {
        guard let listener = listeners.withLock({ $0[name] }) else {
            throw CaseFailure("nobody is called \(name)")
        }
        await client.dispose(listener)
    }

    private static func response(_ value: JSONValue) throws -> PermissionResponse {
        PermissionResponse(
            session: try SessionID(parsing: value["sessionId"]?.stringValue ?? ""),
            requestID: value["requestId"]?.stringValue ?? "",
            allowed: value["allowed"]?.boolValue == true,
            alwaysAllow: value["alwaysAllow"]?.boolValue)
    }

    private func settled<Success>(
        _ step: JSONValue, _ fields: @escaping @Sendable (Success) -> JSONObject
    ) -> @Sendable (Result<Success, RealtimeError>) -> Void {
        let name = step["as"]?.stringValue ?? ""
        return { [observe] result in
            switch result {
            case .success(let success):
                observe(CaseObservation(settled: name, fields(success)))
            case .failure(let error):
                observe(CaseObservation(settled: name, ["error": .string(error.code)]))
            }
        }
    }

    /// Each timer goes off at its own time.
    private func advance(_ duration: Duration) async throws {
        let end = clock.now + duration
        while let due = await client.deadline, due <= end {
            clock.step(to: due)
            await client.tick()
            try await settle()
        }
        clock.step(to: end)
    }

    private static func channel(_ value: JSONValue) throws -> ChannelName {
        if let session = value["sessionId"]?.stringValue {
            return .session(try SessionID(parsing: session))
        }
        return try ChannelName(parsing: value["channel"]?.stringValue ?? "")
    }

    private static func position(_ value: JSONValue?) throws -> StreamPosition? {
        guard let value, let epoch = value["epoch"]?.stringValue,
            let offset = value["offset"]?.integerValue
        else { return nil }
        return StreamPosition(epoch: try Epoch(parsing: epoch), offset: offset)
    }
}

/// Why a case cannot go on.
public struct CaseFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
