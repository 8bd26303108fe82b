import EventLoop
import Glibc
import System

/// Accepts WebSocket clients on Unix sockets and loopback TCP, without TLS and extensions.
///
/// Confined to the loop's thread. One per process: libwebsockets' log is the process's.
public final class WebSocketServer {
    /// Descriptors for everything that is not a client's socket.
    private static let otherDescriptors = 256

    public let configuration: WebSocketServerConfiguration
    /// Connections whose handshake is through and that are not gone yet.
    public private(set) var connectionCount = 0

    let loop: EventLoop
    weak var delegate: (any WebSocketServerDelegate)?
    private(set) var isClosed = false

    private var context: SocketContext?
    private var listeningSockets: [ListeningSocket] = []
    private var socketCount = 0
    private var nextID: UInt64 = 1
    /// To be closed from a fresh stack: libwebsockets may be using them below us.
    private var doomed: [WebSocketConnection] = []
    private var executioner: Timer?

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - delegate: not retained.
    ///   - log: gets libwebsockets' own warnings, a line each.
    /// - Throws: ``WebSocketsError``.
    public init(
        loop: EventLoop, configuration: WebSocketServerConfiguration,
        delegate: any WebSocketServerDelegate, log: @escaping @Sendable (String) -> Void
    ) throws(WebSocketsError) {
        // First: what was never whole is not released, and need not be closed.
        let made = try SocketContext(loop: loop, log: log)
        self.loop = loop
        self.configuration = configuration
        self.delegate = delegate
        context = made
    }

    deinit { precondition(isClosed, "a WebSocket server must be closed before it is released") }

    /// Listens on a Unix socket, in place of one that a dead process left.
    /// - Parameter mode: permission bits, set before anybody can connect; who may reach the socket
    ///   at all is up to its directory.
    public func listen(unixSocket path: String, mode: UInt32) throws(UnixSocketError) {
        listeningSockets.append(
            try ListeningSocket(
                loop: loop, unixSocket: path, mode: mode,
                accepted: { [unowned self] in accept($0) },
                overloaded: { [unowned self] in overloaded() }))
    }

    /// Listens on 127.0.0.1, for tests and benchmarks without a proxy; port 0 takes a free one.
    /// - Returns: the port.
    public func listen(loopbackPort: UInt16) throws(LoopbackError) -> UInt16 {
        let listening = try ListeningSocket(
            loop: loop, loopbackPort: loopbackPort, accepted: { [unowned self] in accept($0) },
            overloaded: { [unowned self] in overloaded() })
        listeningSockets.append(listening)
        return listening.port
    }

    /// Refuses further clients; open connections and handshakes go on.
    public func stopListening() {
        for listening in listeningSockets { listening.close() }
        listeningSockets = []
    }

    /// Closes everything at once, without close frames; not from a call of the delegate.
    ///
    /// Must be called before the server is released.
    public func close() {
        stopListening()
        isClosed = true
        executioner = nil
        doomed = []
        context = nil
    }

    // MARK: The connections' calls

    func connectionOpened(_ connection: WebSocketConnection) {
        connectionCount += 1
    }

    func connectionClosed(_ connection: WebSocketConnection, _ wasOpened: Bool) {
        if wasOpened { connectionCount -= 1 }
        socketCount -= 1
        if socketCount == configuration.maximumSockets - 1 {
            for listening in listeningSockets { listening.isAccepting = true }
        }
    }

    func doom(_ connection: WebSocketConnection) {
        doomed.append(connection)
        if let executioner {
            if !executioner.isActive { executioner.reschedule(after: .zero) }
        } else {
            executioner = loop.schedule(after: .zero) { [unowned self] in killDoomed() }
        }
    }

    private func killDoomed() {
        let victims = doomed
        doomed = []
        for connection in victims { connection.kill() }
    }

    private func overloaded() -> [UInt8] {
        delegate.map { Handshake.response($0.refusalWithoutDescriptors(), withBody: true) } ?? []
    }

    private func accept(_ descriptor: Int32) {
        guard let context else { return _ = Glibc.close(descriptor) }
        socketCount += 1
        let connection = WebSocketConnection(id: nextID, server: self)
        nextID += 1
        if !context.adopt(descriptor, for: connection), !connection.isTransportClosed {
            socketCount -= 1
        }
        if socketCount >= configuration.maximumSockets {
            for listening in listeningSockets { listening.isAccepting = false }
        }
    }

    /// Sets the process's limit of open files to what so many clients need, before the server is
    /// made: libwebsockets keeps tables of that size, and falls back to 2,560 beyond ten millions.
    public static func limitDescriptors(forSockets sockets: Int) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = min(rlim_t(sockets + otherDescriptors), limit.rlim_max)
        // Without it the limit that is there holds, and a full table only refuses clients.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
