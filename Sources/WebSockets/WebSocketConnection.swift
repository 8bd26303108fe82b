import EventLoop

/// One client, from its accepted socket on; handed out once its handshake is through.
///
/// Confined to the loop's thread. Calls on a connection that is closing or gone do nothing.
public final class WebSocketConnection {
    enum Phase {
        /// The request's head is coming in.
        case handshake
        /// It is in, and the delegate has yet to decide.
        case deciding
        case open
        /// Our close frame went out; the peer's is awaited.
        case closing
        /// Nothing is left to say: flush, half-close, and read until the peer ends it, because
        /// closing a socket with unread bytes resets it, and the last answer would be lost.
        case finishing
        case ended
    }

    enum Output {
        case ready
        /// The socket took less than was written.
        case buffered
        /// The rest is out; input is read for one round before anything new is written, because
        /// libwebsockets does not read from a socket with buffered output.
        case catchingUp
    }

    /// Unique in this server, from 1 on.
    public let id: UInt64
    /// The delegate's own; released after its `closed`.
    public var state: AnyObject?
    /// Whether messages come in and can be written.
    public var isOpen: Bool { phase == .open }
    /// Whether writes are refused until `becameWritable`, because the socket is full.
    public var isChoked: Bool { output != .ready }
    private(set) var isTransportClosed = false

    unowned let server: WebSocketServer
    var socket: TransportSocket?
    var phase = Phase.handshake
    var output = Output.ready
    var decoder: FrameDecoder
    var head: [UInt8] = []
    var deadline: Timer?
    var end: ConnectionEnd?
    var wasOpened = false
    private var isPaused = false
    /// The payload of the last ping that could not be answered yet (RFC 6455 §5.5.3 allows the rest
    /// to be skipped).
    var owedPong: [UInt8]?

    init(id: UInt64, server: WebSocketServer) {
        self.id = id
        self.server = server
        decoder = FrameDecoder(maximumMessageBytes: server.configuration.maximumMessageBytes)
    }

    /// Writes whole frames (``Frame``) in one call of the kernel.
    ///
    /// What the socket does not take at once is kept by libwebsockets, a copy, and the connection
    /// is choked until it is out.
    /// - Returns: the bytes accepted: all, or 0 when choked or no longer open.
    public func write(_ frames: Span<UInt8>) -> Int {
        guard phase == .open, output == .ready, !frames.isEmpty, send(frames) else { return 0 }
        return frames.count
    }

    /// Asks for one `becameWritable`.
    public func requestWritable() { socket?.requestWritable() }

    /// Sends a ping, unless the connection is choked: then its writes are the sign of life to wait
    /// for.
    public func ping() {
        var frame: [UInt8] = []
        Frame.appendPing(to: &frame)
        _ = write(frame.span)
    }

    /// Sends a close frame behind whatever is buffered, and waits for the peer's, at most the
    /// configured times, before the socket is closed.
    public func close(code: UInt16, reason: String) {
        guard phase == .open else { return }
        phase = .closing
        end = .closedByServer(code: code)
        sendClose(code, reason)
        updateReading()
        setCloseDeadline()
    }

    /// Stops reading from the socket; what was read already may still be delivered.
    public func pauseReading() {
        isPaused = true
        updateReading()
    }

    public func resumeReading() {
        isPaused = false
        updateReading()
    }

    // MARK: The transport's calls

    func transportOpened(_ socket: TransportSocket) {
        self.socket = socket
        setDeadline(server.configuration.handshakeTimeout)
    }

    func transportReceived(_ bytes: Span<UInt8>) {
        switch phase {
        case .handshake: receiveHead(bytes)
        case .deciding: keepForLater(bytes)
        case .open, .closing: decode(bytes)
        case .finishing, .ended: break
        }
    }

    func transportWritable() {
        if output == .buffered {
            output = .catchingUp
            // The last words are out, too: now the peer's turn is limited.
            if phase == .finishing || phase == .closing { setCloseDeadline() }
            if phase == .finishing { return shutdownOutput() }
            updateReading()
            socket?.requestWritable()
            return
        }
        output = .ready
        if let payload = owedPong { answerPing(payload) }
        if phase == .open, output == .ready { server.delegate?.becameWritable(self) }
    }

    func transportClosed() {
        isTransportClosed = true
        socket = nil
        deadline = nil
        phase = .ended
        server.connectionClosed(self, wasOpened)
        if wasOpened {
            server.delegate?.closed(self, end ?? (server.isClosed ? .serverClosed : .lost))
        }
        state = nil
    }

    /// Called by the server, outside of any call of libwebsockets.
    func kill() { socket?.kill() }

    // MARK: Output

    func sendClose(_ code: UInt16?, _ reason: String) {
        var frame: [UInt8] = []
        if let code {
            Frame.appendClose(code: code, reason: reason, to: &frame)
        } else {
            Frame.appendEmptyClose(to: &frame)
        }
        _ = send(frame.span)
    }

    /// - Returns: false when the socket is gone or broken, which ends the connection.
    func send(_ bytes: Span<UInt8>) -> Bool {
        guard let socket else { return false }
        guard socket.write(bytes) else {
            phase = .ended
            server.doom(self)
            return false
        }
        if socket.hasBufferedOutput {
            output = .buffered
            updateReading()
        }
        return true
    }

    func finish() {
        guard phase != .ended else { return }
        phase = .finishing
        updateReading()
        setCloseDeadline()
        if output != .buffered { shutdownOutput() }
    }

    private func shutdownOutput() {
        output = .ready
        updateReading()
        socket?.shutdownOutput()
    }

    private func updateReading() {
        let isWanted = !isPaused || phase != .open
        socket?.setReading(isWanted && output != .buffered)
    }

    private func setCloseDeadline() {
        let limits = server.configuration
        setDeadline(output == .buffered ? limits.flushTimeout : limits.closeTimeout)
    }

    private func setDeadline(_ time: Duration) {
        if let deadline { return deadline.reschedule(after: time) }
        deadline = server.loop.schedule(after: time) { [weak self] in self?.deadlinePassed() }
    }

    private func deadlinePassed() {
        if phase == .handshake || phase == .deciding { return refuse(.timedOut) }
        phase = .ended
        server.doom(self)
    }
}
