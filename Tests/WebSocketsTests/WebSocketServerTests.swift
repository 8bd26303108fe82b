import EventLoop
import Glibc
import System
import Testing
import TestSupport
import WebSockets

/// Echoes texts; `close:4101` closes with that code, `flood` answers with 4 MB in one write.
private final class EchoDelegate: WebSocketServerDelegate {
    static let flood = [UInt8](repeating: 0x61, count: 4_000_000)
    var ends: [ConnectionEnd] = []

    func decide(_ request: HandshakeRequest) -> HandshakeDecision {
        guard request.path == "/ws", request.isUpgrade else {
            return .refuse(HTTPRefusal(status: 404, reason: "Not Found", body: Array("no".utf8)))
        }
        return .accept(subprotocol: request.subprotocols.first, state: nil)
    }

    func refusal(of malformed: MalformedRequest) -> HTTPRefusal {
        HTTPRefusal(status: malformed == .timedOut ? 408 : 400, reason: "Refused")
    }

    func refusalWithoutDescriptors() -> HTTPRefusal { HTTPRefusal(status: 503, reason: "Full") }

    func opened(_ connection: WebSocketConnection) {}

    func received(_ message: InboundMessage, on connection: WebSocketConnection) {
        guard case .text(let bytes) = message else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("close:"), let code = UInt16(text.dropFirst(6)) {
            return connection.close(code: code, reason: "asked")
        }
        var frames: [UInt8] = []
        Frame.appendText(text == "flood" ? Self.flood : bytes, to: &frames)
        _ = connection.write(frames.span)
    }

    func receivedFrame(on connection: WebSocketConnection) {}
    func becameWritable(_ connection: WebSocketConnection) {}
    func closed(_ connection: WebSocketConnection, _ end: ConnectionEnd) { ends.append(end) }
}

/// A client socket on the server's own loop.
private final class Client {
    let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var isAtEnd = false
    /// The end was a reset, which may cost the last bytes.
    private(set) var wasReset = false
    private let loop: EventLoop
    private var watcher: DescriptorWatcher?
    private var condition: (() -> Bool)?

    init(_ loop: EventLoop, port: UInt16) throws {
        self.loop = loop
        descriptor = try BlockingSocket.connect(loopbackPort: port)
        watcher = loop.watch(descriptor, .read) { [unowned self] _ in read() }
    }

    deinit {
        watcher?.cancel()
        close(descriptor)
    }

    var text: String { String(decoding: received, as: UTF8.self) }
    var isReading: Bool {
        get { watcher?.interest == .read }
        set { watcher?.interest = newValue ? .read : [] }
    }

    func send(_ bytes: [UInt8]) {
        let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #expect(sent == bytes.count)
    }

    func upgrade(offering subprotocols: String = "switchboard.v1") {
        send(
            Array(
                """
                GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Protocol: \(subprotocols)\r\n\r\n
                """.utf8))
        run { self.text.hasSuffix("\r\n\r\n") }
        received = []
    }

    /// Runs the loop until the condition holds, looked at whenever something came in.
    func run(until condition: @escaping () -> Bool) {
        if !loop.run(until: condition) {
            Issue.record("the condition did not hold within 10 s; received: \(text.prefix(200))")
        }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { received += buffer[..<count] }
        if count <= 0 {
            isAtEnd = true
            wasReset = count < 0
            watcher?.interest = []
        }
    }
}

@Suite(.serialized) final class WebSocketServerTests {
    let loop: EventLoop
    let server: WebSocketServer
    let port: UInt16
    private let delegate = EchoDelegate()

    init() throws {
        loop = try EventLoop()
        server = try WebSocketServer(
            loop: loop,
            configuration: WebSocketServerConfiguration(
                maximumMessageBytes: 1000, maximumSockets: 2, handshakeTimeout: .milliseconds(50),
                closeTimeout: .milliseconds(50)),
            delegate: delegate, log: { _ in })
        port = try server.listen(loopbackPort: 0)
    }

    deinit { server.close() }

    @Test func `a refusal is a complete answer, then the end, although a body is unread`() throws {
        let client = try Client(loop, port: port)
        client.send(Array("POST /x HTTP/1.1\r\nContent-Length: 90000\r\n\r\n".utf8))
        client.send([UInt8](repeating: 0, count: 90_000))
        client.run { client.isAtEnd }
        #expect(client.text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(client.text.hasSuffix("\r\n\r\nno"))
        #expect(!client.wasReset)
    }

    @Test func `half a head gets 408 in time, and so does none`() throws {
        let silent = try Client(loop, port: port)
        let half = try Client(loop, port: port)
        half.send(Array("GET /ws HT".utf8))
        half.run { half.isAtEnd && silent.isAtEnd }
        #expect(half.text.hasPrefix("HTTP/1.1 408 "))
        #expect(silent.text.hasPrefix("HTTP/1.1 408 "))
    }

    @Test func `one socket too many waits until another one is gone`() throws {
        let first = try Client(loop, port: port)
        let second = try Client(loop, port: port)
        first.upgrade()
        second.upgrade()
        let third = try Client(loop, port: port)
        third.send(Array("GET /x HTTP/1.1\r\n\r\n".utf8))
        first.send(clientFrame(1, [0x61]))
        first.run { first.received.count == 3 }
        #expect(third.received.isEmpty)
        second.send(clientFrame(8))
        third.run { third.isAtEnd }
        #expect(third.text.hasPrefix("HTTP/1.1 404 "))
    }

    @Test func `frames right behind the request are answered`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.send(clientFrame(1, Array("one".utf8)) + clientFrame(9, [5]))
        client.run { client.received.count == 8 }
        #expect(client.received == [0x81, 3] + Array("one".utf8) + [0x8a, 1, 5])
    }

    @Test func `a close by the server waits for the client's, and is reported once`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.send(clientFrame(1, Array("close:4101".utf8)))
        client.run { client.received.count == 9 }
        #expect(Array(client.received.prefix(4)) == [0x88, 7, 0x10, 0x05])
        client.send(clientFrame(8, [0x10, 0x05]))
        client.run { client.isAtEnd }
        hangUp(client)
        #expect(delegate.ends == [.closedByServer(code: 4101)])
        #expect(server.connectionCount == 0)
    }

    @Test func `a client that ignores the close frame is cut off`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.send(clientFrame(1, Array("close:1012".utf8)))
        client.run { client.isAtEnd }
        #expect(delegate.ends == [.closedByServer(code: 1012)])
    }

    @Test func `a violation is answered with its code`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.send(clientFrame(1, [UInt8](repeating: 0x61, count: 1001)))
        client.run { client.isAtEnd }
        #expect(Array(client.received.prefix(1)) == [0x88])
        #expect(Array(client.received[2..<4]) == [0x03, 0xf1])
        hangUp(client)
        #expect(delegate.ends == [.closedByServer(code: 1009)])
    }

    @Test func `a slow reader gets every byte, and its pings don't spin the loop`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.isReading = false
        client.send(clientFrame(1, Array("flood".utf8)))
        client.send(clientFrame(9, [5]))
        var iterations = 0
        let counter = loop.atEndOfIteration { iterations += 1 }
        let pause = loop.schedule(after: .milliseconds(30)) { client.isReading = true }
        client.run { client.isReading }
        #expect(iterations < 50)
        counter.cancel()
        pause.cancel()
        let expected = EchoDelegate.flood.count + 10
        client.run { client.received.count >= expected + 3 }
        #expect(Array(client.received.suffix(3)) == [0x8a, 1, 5])
        #expect(client.received.count == expected + 3)
    }

    @Test func `a slow reader gets the close frame behind what was written before it`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        client.isReading = false
        client.send(clientFrame(1, Array("flood".utf8)) + clientFrame(1, Array("close:4002".utf8)))
        let pause = loop.schedule(after: .milliseconds(150)) { client.isReading = true }
        client.run { client.isAtEnd }
        pause.cancel()
        #expect(client.received.count == EchoDelegate.flood.count + 10 + 9)
        #expect(Array(client.received.suffix(9).prefix(4)) == [0x88, 7, 0x0f, 0xa2])
    }

    @Test func `a stopped server keeps its connections and takes no others`() throws {
        let client = try Client(loop, port: port)
        client.upgrade()
        server.stopListening()
        #expect(throws: SystemError(ECONNREFUSED)) { try Client(loop, port: port) }
        client.send(clientFrame(1, [0x61]))
        client.run { client.received.count == 3 }
        server.close()
        #expect(delegate.ends == [.serverClosed])
    }

    @Test func `a stale Unix socket is replaced, a live one and a file are left alone`() throws {
        let directory = "/tmp/ws-test-\(getpid())-\(port)"
        _ = unsafe mkdir(directory, 0o700)
        let path = directory + "/socket"
        try server.listen(unixSocket: path, mode: 0o620)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o620)
        #expect(throws: UnixSocketError.inUse(path: path)) {
            try server.listen(unixSocket: path, mode: 0o620)
        }
        server.stopListening()
        unsafe #expect(access(path, F_OK) != 0)
        // Closed without removing the file, as if its process had been killed.
        try UnixListener(path: path, backlog: 1, mode: 0o600).close()
        try server.listen(unixSocket: path, mode: 0o620)
        server.stopListening()
        _ = unsafe Glibc.close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: UnixSocketError.notASocket(path: path)) {
            try server.listen(unixSocket: path, mode: 0o620)
        }
        _ = unsafe unlink(path)
        _ = unsafe rmdir(directory)
    }

    /// Ends the client's side and waits until the server has noticed.
    private func hangUp(_ client: Client) {
        _ = shutdown(client.descriptor, Int32(SHUT_RDWR))
        client.run { self.server.connectionCount == 0 }
    }
}
