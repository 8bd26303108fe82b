import EventLoop
import System

/// One connection to a server, from the look-up of its name on.
///
/// Confined to the loop's thread. Calls on a connection that is over do nothing.
public final class WebSocketClientConnection {
    enum Phase {
        case lookingUp
        /// To one address after the other, up to the answer to the handshake.
        case connecting
        /// The answer was a refusal, whose body is coming in.
        case refused
        case open
        /// Our close frame went out; the server's is awaited.
        case closing
        /// Nothing is left to say: the server closes first (RFC 6455 §7.1.1).
        case lingering
        case dead
    }

    /// As much of a refusal as its words may take; the rest is left unread.
    private static let maximumBodyBytes = 16 * 1024
    /// Of 64 KiB at most, and of 16 KiB with TLS.
    private static let maximumReads = 8

    let id: UInt64
    unowned let client: WebSocketClient
    var phase = Phase.lookingUp
    var socket: TransportSocket?
    var decoder: FrameDecoder
    /// Whole frames that the socket did not take yet.
    var outbound: [UInt8] = []
    var ownClose: (code: UInt16, reason: String)?
    var isPaused = false
    /// The socket, or a buffer above it, may hold something.
    private(set) var hasUnread = false
    private var hasReceived = false
    private(set) var delegate: (any WebSocketClientDelegate)?
    private(set) var headerLines: [UInt8] = []

    private let timeout: Duration
    private let due: Duration
    private var url: WebSocketURL?
    private var handshake: ClientHandshake?
    private var trust: ClientTrust?
    private var addresses: [String] = []
    private var isReached = false
    private var refusal: WebSocketClientFailure?
    private var deadline: Timer?
    private var attemptDeadline: Timer?

    init(
        id: UInt64, client: WebSocketClient, delegate: any WebSocketClientDelegate,
        timeout: Duration
    ) {
        self.id = id
        self.client = client
        self.delegate = delegate
        self.timeout = timeout
        due = client.loop.now + timeout
        decoder = FrameDecoder(
            from: .server, maximumMessageBytes: client.configuration.maximumMessageBytes)
    }

    var isDead: Bool { phase == .dead }

    // MARK: Up to the upgrade

    func begin(_ request: WebSocketClientRequest) {
        do throws(WebSocketClientFailure) {
            let url = try WebSocketURL(request.url)
            let handshake = try ClientHandshake(request, key: AcceptKey.random())
            headerLines = handshake.headerLines
            self.handshake = handshake
            self.url = url
            if url.isTLS { try Self.checkReadable(request.caFile) }
            trust = client.trust(caFile: url.isTLS ? request.caFile : nil)
            setDeadline(timeout)
            if let address = HostLookup.numeric(url.host) {
                lookupEnded(.success([address]))
            } else if !client.lookUp(url.host, for: id) {
                fail("too many host names are being looked up")
            }
        } catch {
            end(.failed(error))
        }
    }

    private static func checkReadable(_ file: String?) throws(WebSocketClientFailure) {
        guard let file, let error = FileAccess.readError(file) else { return }
        throw WebSocketClientFailure(reason: "the file of certificates \(file): \(error)")
    }

    func lookupEnded(_ result: Result<[String], HostLookup.Failure>) {
        guard phase == .lookingUp else { return }
        switch result {
        case .failure(let error): fail("its name cannot be looked up: \(error.words)")
        case .success(let found):
            addresses = found
            phase = .connecting
            attempt()
        }
    }

    /// Tries the next address: while others are left, not longer than its share of the time.
    private func attempt() {
        guard let url, let trust, !addresses.isEmpty else {
            return fail("libwebsockets has no room for it")
        }
        let address = addresses.removeFirst()
        isReached = false
        if !addresses.isEmpty {
            let share = (due - client.loop.now) / (addresses.count + 1)
            attemptDeadline = client.loop.schedule(after: share) { [unowned self] in
                if !isReached { socket?.kill() }
            }
        }
        socket = client.context.connect(self, to: address, url, trust)
        if socket == nil, phase == .connecting { attemptFailed("it refused the connection") }
    }

    private func attemptFailed(_ words: String) {
        attemptDeadline = nil
        guard isReached || addresses.isEmpty else { return client.settleSoon(self) }
        fail([words, client.takeLogLine()].compactMap { $0 }.joined(separator: "; "))
    }

    func fail(_ words: String) {
        let place = url.map { "\($0.host):\($0.port)" } ?? "a server"
        end(.failed(WebSocketClientFailure(reason: "could not connect to \(place): \(words)")))
    }

    // MARK: The transport's calls

    /// There is a TCP connection: no other address is tried any more.
    func transportReached() {
        isReached = true
        attemptDeadline = nil
    }

    func transportAnswered(_ answer: ClientHandshake.Answer) {
        guard phase == .connecting, let handshake else { return }
        do throws(WebSocketClientFailure) {
            let subprotocol = try handshake.check(answer)
            deadline = nil
            phase = .open
            readSoon()
            delegate?.opened(subprotocol: subprotocol)
        } catch {
            guard error.status != nil else { return end(.failed(error)) }
            refusal = error
            phase = .refused
            readSoon()
        }
    }

    /// - Returns: false to have the socket closed.
    func transportReadable(_ socket: TransportSocket) -> Bool {
        hasUnread = true
        return readAvailable(socket)
    }

    func transportReceived(_ bytes: Span<UInt8>) {
        hasReceived = true
        guard phase == .refused else { return decode(bytes) }
        let room = Self.maximumBodyBytes - (refusal?.body.count ?? 0)
        let piece = bytes.extracting(first: room)
        unsafe piece.withUnsafeBufferPointer { unsafe refusal?.body.append(contentsOf: $0) }
        if bytes.count >= room { endAsRefused() }
    }

    /// The body of the answer is complete: one to an upgrade has none.
    func transportCompleted() { if phase == .refused { endAsRefused() } }

    func transportWritable() { flush() }

    /// The socket is gone; before the upgrade `words` say why.
    func transportClosed(_ words: String?) {
        socket = nil
        switch phase {
        case .lookingUp: break
        case .connecting: attemptFailed(words ?? "it closed the connection")
        case .refused: endAsRefused()
        case .open: end(.closed(code: 1006, reason: "the connection ended without a close frame"))
        case .closing: endAsAsked()
        case .lingering, .dead: die()
        }
    }

    // MARK: The end

    private func endAsRefused() {
        guard let refusal else { return die() }
        end(.failed(refusal))
    }

    func endAsAsked() {
        guard let (code, reason) = ownClose else { return die() }
        end(.closed(code: code, reason: reason))
    }

    /// Tells the end, and has the socket closed at once.
    func end(_ end: WebSocketClientEnd) {
        die()
        tell(end)
    }

    /// Tells the end; the socket is closed when the server has closed it, or soon.
    func endAndLinger(_ end: WebSocketClientEnd) {
        phase = .lingering
        isPaused = false
        setDeadline(client.configuration.closeTimeout)
        tell(end)
        flush()
    }

    private func tell(_ end: WebSocketClientEnd) {
        let delegate = delegate
        self.delegate = nil
        delegate?.ended(end)
    }

    private func die() {
        phase = .dead
        deadline = nil
        attemptDeadline = nil
        outbound = []
        client.settleSoon(self)
    }

    /// Called by the client outside of any call of libwebsockets.
    func settle() {
        if phase == .connecting, socket == nil { attempt() }
        if hasUnread, let socket, !readAvailable(socket) { self.socket?.kill() }
        guard phase == .dead else { return }
        socket?.kill()
        trust = nil
        client.forget(self)
    }

    // MARK: Reading and time

    /// Stops reading from the socket; what was read already may still be delivered.
    public func pauseReading() { isPaused = true }

    /// Reads on; not from a call of the delegate.
    public func resumeReading() {
        isPaused = false
        settle()
    }

    /// What is buffered above the socket, behind the head of the answer or in OpenSSL, would wait
    /// for a loop that has nothing else to do: libwebsockets serves it from an idle watcher.
    private func readSoon() {
        hasUnread = true
        client.settleSoon(self)
    }

    /// Reads until nothing is left, but not so much at a time that the others would wait for long.
    /// - Returns: false where the socket is to be closed.
    private func readAvailable(_ socket: TransportSocket) -> Bool {
        for _ in 0..<Self.maximumReads {
            guard !isPaused || phase != .open else { return true }
            hasReceived = false
            guard socket.read(), !isDead else { return false }
            if !hasReceived {
                hasUnread = false
                return true
            }
        }
        readSoon()
        return true
    }

    func setDeadline(_ time: Duration) {
        if let deadline { return deadline.reschedule(after: time) }
        deadline = client.loop.schedule(after: time) { [unowned self] in deadlinePassed() }
    }

    private func deadlinePassed() {
        switch phase {
        case .lookingUp, .connecting: fail("no answer to the handshake within \(timeout)")
        case .refused: endAsRefused()
        case .closing: endAsAsked()
        case .open, .lingering, .dead: die()
        }
    }
}
