import Daemon
import EventLoop
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Testing
import TestSupport
import WebSocketWorker
import WebSockets

/// A worker with a hub that the test plays and clients on real sockets, all on one loop.
final class World {
    let loop: EventLoop
    let worker: WebSocketWorker
    private(set) var hub: TestHub?
    private let directory: TemporaryDirectory
    private(set) var port: UInt16 = 0

    init(_ change: (inout Settings) -> Void = { _ in }) throws {
        loop = try EventLoop()
        directory = try TemporaryDirectory()
        var settings = Settings()
        change(&settings)
        worker = try WebSocketWorker(
            loop: loop, settings: settings, hubSocket: directory.file("hub.sock"), name: "ws-1",
            logger: .silent)
        port = try worker.listen(loopbackPort: 0)
        try startHub()
        worker.start()
        run { self.hub?.isGreeted == true }
    }

    deinit {
        worker.stop()
        hub?.stop()
    }

    func startHub(generations: Generations = Generations(config: 0, theme: 0)) throws {
        hub = TestHub(
            try IPCListener(
                loop: loop, door: .workers, path: directory.file("hub.sock"),
                trustedUsers: [geteuid()],
                maximumQueueBytes: 1 << 24), generations)
    }

    /// As `kill -9` would.
    func killHub() {
        hub?.stop()
        hub = nil
    }

    /// - Parameter behind: sent together with the request.
    func client(
        _ headers: String = "x-api-key: \(keyToken)\r\n", behind: [UInt8] = []
    ) throws -> TestClient {
        let client = try TestClient(self)
        client.request(headers, behind: behind)
        client.run { client.isUpgraded || client.isAtEnd }
        return client
    }

    /// A client that was told that it is connected.
    func connected() throws -> TestClient {
        let client = try client()
        client.run { !client.messages.isEmpty }
        try #require(client.take()?["type"]?.stringValue == "connected")
        return client
    }

    /// Runs the loop until the condition holds, at most a minute.
    func run(_ where: SourceLocation = #_sourceLocation, until condition: @escaping () -> Bool) {
        if !loop.run(until: condition) {
            Issue.record("the condition did not hold within a minute", sourceLocation: `where`)
        }
    }

    /// Runs the loop until everything sent so far has been handled on both sides: a ping's answer is
    /// behind whatever the worker had for the client.
    func settle(_ client: TestClient) {
        client.command(#"{"type":"ping","id":"settle"}"#)
        run { client.messages.contains { $0["id"]?.stringValue == "settle" } }
        client.messages.removeAll { $0["id"]?.stringValue == "settle" }
    }
}

/// The hub, played by the test: greets every worker and answers as told.
final class TestHub {
    /// Decides about requests that the test doesn't answer itself.
    var answer: ((PeerMessage) -> HubMessage?)?
    /// What is on its way to a worker that asks whether there are news of credentials.
    var news = CredentialUpdate()
    /// Whether it leaves that question without an answer.
    var isSilent = false
    private(set) var questionsForNews = 0
    private(set) var received: [PeerMessage] = []
    private(set) var isGreeted = false
    private let listener: IPCListener
    private var peer: IPCConnection?

    init(_ listener: IPCListener, _ generations: Generations) {
        self.listener = listener
        listener.onPeer = { [unowned self] _, connection in
            peer = connection
            connection.onMessage = { [unowned self] in receive($0) }
            send(.welcome(Welcome(instance: "i1", generations: generations)))
            send(.credentials(CredentialUpdate(isReset: true, changed: [credential("k1")])))
            isGreeted = true
        }
    }

    func send(_ message: HubMessage) {
        peer?.send(message.envelope)
        peer?.flush()
    }

    /// - Parameter team: whose channel it is, where the name is a team's own.
    func deliver(_ name: String, _ offset: Offset, of owner: TeamID = team) {
        send(.delivery(identity(name, of: owner), offset, text: Self.text(name, offset)))
    }

    func stop() {
        peer?.close()
        listener.close()
    }

    /// Answers every subscribe and resume with this head, and no page.
    func admitAll(head: StreamPosition = position(0), isRecovered: Bool = false) {
        answer = { message in
            switch message {
            case .subscribe(let request, _, _, _), .resume(let request, _, _, _):
                .subscribed(request, Joined(head: head, isRecovered: isRecovered), .empty)
            default: nil
            }
        }
    }

    static func text(_ name: String, _ offset: Offset) -> [UInt8] {
        Array(#"{"type":"x_a","channel":"\#(name)","offset":\#(offset)}"#.utf8)
    }

    static func page(
        _ name: String, _ offsets: ClosedRange<Offset>, reachesHead: Bool = true
    ) -> Page {
        let texts = offsets.map { text(name, $0) }
        return Page(
            items: zip(offsets, texts).map { Page.Item(offset: $0, bytes: $1.count) },
            texts: texts.flatMap { $0 }, reachesHead: reachesHead)
    }

    private func receive(_ envelope: Envelope) {
        do {
            let message = try PeerMessage(envelope)
            if case .stats = message { return }
            if case .call(let request, nil, .readiness, _) = message {
                questionsForNews += 1
                guard !isSilent else { return }
                send(.credentials(news))
                return send(.result(request, [:]))
            }
            received.append(message)
            if let reply = answer?(message) { send(reply) }
        } catch {
            Issue.record("the worker sent no message: \(error)")
        }
    }
}

/// A client's socket: sends masked frames, takes the server's apart.
final class TestClient {
    var messages: [JSONValue] = []
    private(set) var closeCode: UInt16?
    private(set) var isUpgraded = false
    private(set) var isAtEnd = false
    private(set) var head = ""
    private unowned let world: World
    private let descriptor: Int32
    private var watcher: DescriptorWatcher?
    private var bytes: [UInt8] = []

    init(_ world: World) throws {
        self.world = world
        // A small buffer, so that a client that does not read is full soon.
        descriptor = try BlockingSocket.connect(
            loopbackPort: world.port, receiveBufferBytes: 65_536)
        watcher = world.loop.watch(descriptor, .read) { [unowned self] _ in read() }
    }

    deinit {
        watcher?.cancel()
        close(descriptor)
    }

    var isReading: Bool {
        get { watcher?.interest == .read }
        set { watcher?.interest = newValue ? .read : [] }
    }

    func run(_ where: SourceLocation = #_sourceLocation, until condition: @escaping () -> Bool) {
        world.run(`where`, until: condition)
    }

    func send(_ bytes: [UInt8]) {
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func request(_ headers: String, behind: [UInt8] = []) {
        send(
            Array(
                """
                GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                \(headers)\r\n
                """.utf8) + behind)
    }

    func command(_ text: String, opcode: UInt8 = 1) {
        send(Self.frame(text, opcode: opcode))
    }

    static func frame(_ text: String, opcode: UInt8 = 1) -> [UInt8] {
        let payload = Array(text.utf8)
        var frame = [0x80 | opcode]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        }
        return frame + [0, 0, 0, 0] + payload
    }

    /// Subscribes and takes the answer.
    func subscribe(_ name: String, since: Offset? = nil) throws -> JSONValue {
        let from = since.map { #","since":{"epoch":"e1","offset":\#($0)}"# } ?? ""
        command(#"{"type":"subscribe","channel":"\#(name)"\#(from)}"#)
        run { !self.messages.isEmpty }
        return try #require(take())
    }

    func take() -> JSONValue? { messages.isEmpty ? nil : messages.removeFirst() }

    var offsets: [Int64] { messages.compactMap { $0["offset"]?.integerValue } }

    /// Closes without a close frame.
    func vanish() {
        watcher?.cancel()
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            isAtEnd = true
            watcher?.interest = []
            return
        }
        bytes += buffer[..<count]
        if !isUpgraded { readHead() }
        if isUpgraded { while readFrame() {} }
    }

    private func readHead() {
        let text = String(decoding: bytes, as: UTF8.self)
        head = text
        guard text.hasPrefix("HTTP/1.1 101") else { return }
        for index in bytes.indices.dropLast(3)
        where bytes[index..<(index + 4)] == [13, 10, 13, 10] {
            isUpgraded = true
            bytes.removeSubrange(...(index + 3))
            return
        }
    }

    private func readFrame() -> Bool {
        guard bytes.count >= 2 else { return false }
        let lengthBytes = bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
        guard bytes.count >= 2 + lengthBytes else { return false }
        let count =
            lengthBytes == 0
            ? Int(bytes[1]) : bytes[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
        let start = 2 + lengthBytes
        guard bytes.count >= start + count else { return false }
        let payload = Array(bytes[start..<(start + count)])
        switch bytes[0] & 0x0f {
        case 1:
            do { messages.append(try JSONValue(parsing: payload)) } catch {
                Issue.record("the worker sent no JSON: \(error)")
            }
        case 8: closeCode = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 0
        case 9: pings += 1
        default: break
        }
        bytes.removeSubrange(..<(start + count))
        return true
    }

    private(set) var pings = 0
}
