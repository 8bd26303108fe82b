import EventLoop
import Synchronization
import System
import Testing
import WebSockets

/// The module's own server on a thread of its own: echoes texts; `close:1012` closes with that
/// code.
final class EchoServer: Sendable {
    private struct State {
        var port: UInt16?
        var stop: Mailbox<Void>?
        var ends: [ConnectionEnd] = []
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    let port: UInt16
    private let shared: Shared

    /// How every connection that was open has ended, so far.
    var ends: [ConnectionEnd] { shared.state.withLock { $0.ends } }

    init() throws {
        let shared = Shared()
        let gate = try Gate()
        NamedThread.start("echo") { Self.run(shared, gate) }
        try gate.pass()
        port = try #require(shared.state.withLock { $0.port }, "the echo server did not start")
        self.shared = shared
    }

    deinit { _ = shared.state.withLock { $0.stop }?.post(()) }

    private static func run(_ shared: Shared, _ gate: Gate) {
        let echo = Echo { end in shared.state.withLock { $0.ends.append(end) } }
        let configuration = WebSocketServerConfiguration(maximumMessageBytes: 1_000_000)
        guard let loop = try? EventLoop(),
            let server = try? WebSocketServer(
                loop: loop, configuration: configuration, delegate: echo, log: { _ in })
        else { return gate.open() }
        let port = try? server.listen(loopbackPort: 0)
        let stop = loop.mailbox(capacity: 1) { (_: [Void]) in loop.stop() }
        shared.state.withLock {
            $0.port = port
            $0.stop = stop
        }
        gate.open()
        loop.run()
        server.close()
    }
}

private final class Echo: WebSocketServerDelegate {
    private let ended: (ConnectionEnd) -> Void

    init(_ ended: @escaping (ConnectionEnd) -> Void) { self.ended = ended }

    func decide(_ request: HandshakeRequest) -> HandshakeDecision {
        .accept(subprotocol: request.subprotocols.first, state: nil)
    }

    func refusal(of malformed: MalformedRequest) -> HTTPRefusal {
        HTTPRefusal(status: 400, reason: "Refused")
    }

    func refusalWithoutDescriptors() -> HTTPRefusal { HTTPRefusal(status: 503, reason: "Full") }

    func opened(_ connection: WebSocketConnection) {}

    func received(_ message: InboundMessage, on connection: WebSocketConnection) {
        guard case .text(let bytes) = message else { return }
        let text = String(decoding: bytes.prefix(11), as: UTF8.self)
        if text.hasPrefix("close:"), let code = UInt16(text.dropFirst(6)) {
            return connection.close(code: code, reason: "asked")
        }
        var frames: [UInt8] = []
        Frame.appendText(bytes, to: &frames)
        _ = connection.write(frames.span)
    }

    func receivedFrame(on connection: WebSocketConnection) {}
    func becameWritable(_ connection: WebSocketConnection) {}
    func closed(_ connection: WebSocketConnection, _ end: ConnectionEnd) { ended(end) }
}
