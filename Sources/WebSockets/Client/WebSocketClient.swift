import EventLoop
import Glibc
import Synchronization

/// Opens WebSockets to servers, over TLS or without, with no extensions.
///
/// Confined to the loop's thread, on which it is made. One per process, for all of its life: see
/// ``ClientContext``. Proxies of the environment are not used.
public final class WebSocketClient {
    /// Look-ups at a time, each of which holds a thread; a further one fails.
    private static let maximumLookups = 8
    private static let isMade = Mutex(false)

    let loop: EventLoop
    let configuration: WebSocketClientConfiguration
    let context: ClientContext

    private let log = ClientLog()
    private var connections: [UInt64: WebSocketClientConnection] = [:]
    private var nextID: UInt64 = 1
    private var unsettled: [WebSocketClientConnection] = []
    private var settling: Timer?
    private var lookups = 0
    private var lookupResults: Mailbox<LookupResult>?
    /// Shared by those who trust the same file, for as long as one of them is there.
    private var trusts: [String: WeakTrust] = [:]

    private struct LookupResult: Sendable {
        let id: UInt64
        let result: Result<[String], HostLookup.Failure>
    }

    private struct WeakTrust {
        weak var trust: ClientTrust?
    }

    /// - Throws: ``WebSocketsError/creationFailed``; then another may be made.
    public init(
        loop: EventLoop, configuration: WebSocketClientConfiguration
    ) throws(WebSocketsError) {
        let isFirst = Self.isMade.withLock { isMade in
            defer { isMade = true }
            return !isMade
        }
        precondition(isFirst, "a process has one WebSocket client")
        self.loop = loop
        self.configuration = configuration
        let log = log
        LibraryLog.listen(asClient: { log.take($0) })
        do throws(WebSocketsError) {
            context = try ClientContext(
                loop: loop, maximumSockets: configuration.maximumConnections)
        } catch {
            Self.isMade.withLock { $0 = false }
            throw error
        }
        lookupResults = loop.mailbox(capacity: Self.maximumLookups) { [unowned self] results in
            for result in results { lookupEnded(result) }
        }
    }

    /// Begins to open a connection; its failure may be told within this call.
    public func connect(
        _ request: WebSocketClientRequest, _ delegate: any WebSocketClientDelegate
    ) -> WebSocketClientConnection {
        let connection = WebSocketClientConnection(
            id: nextID, client: self, delegate: delegate, timeout: request.connectTimeout)
        nextID += 1
        guard connections.count < configuration.maximumConnections else {
            connection.fail("this process has \(connections.count) WebSockets already")
            return connection
        }
        connections[connection.id] = connection
        connection.begin(request)
        return connection
    }

    // MARK: The connections' calls

    /// - Returns: false when there are too many look-ups at a time.
    func lookUp(_ host: String, for id: UInt64) -> Bool {
        guard lookups < Self.maximumLookups, let lookupResults else { return false }
        lookups += 1
        HostLookup.start(host) { result in
            // It has room: it holds as many as there are look-ups.
            _ = lookupResults.post(LookupResult(id: id, result: result))
        }
        return true
    }

    private func lookupEnded(_ lookup: LookupResult) {
        lookups -= 1
        connections[lookup.id]?.lookupEnded(lookup.result)
    }

    func trust(caFile: String?) -> ClientTrust? {
        let key = caFile ?? ""
        if let trust = trusts[key]?.trust { return trust }
        trusts = trusts.filter { $0.value.trust != nil }
        let trust = context.trust(caFile: caFile)
        trusts[key] = WeakTrust(trust: trust)
        return trust
    }

    /// What the log says about the last failure of TLS; once.
    func takeLogLine() -> String? { log.line.withLock { $0.take() } }

    /// Calls `settle` from a fresh stack: libwebsockets may be using the connection below us.
    func settleSoon(_ connection: WebSocketClientConnection) {
        unsettled.append(connection)
        if let settling { return settling.reschedule(after: .zero) }
        settling = loop.schedule(after: .zero) { [unowned self] in
            let batch = unsettled
            unsettled = []
            for connection in batch { connection.settle() }
        }
    }

    func forget(_ connection: WebSocketClientConnection) { connections[connection.id] = nil }
}

/// What libwebsockets logs about TLS on the client's thread: its error codes do not say as much.
private final class ClientLog: Sendable {
    let line = Mutex<String?>(nil)
    private let thread = pthread_self()

    func take(_ text: String) {
        guard pthread_equal(thread, pthread_self()) != 0, text.hasPrefix("SSL error") else {
            return
        }
        line.withLock { $0 = text }
    }
}
