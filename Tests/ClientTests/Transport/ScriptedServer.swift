import Glibc
import Synchronization
import System
import WebSockets

/// A listener on loopback whose only client gets what a script does, on a thread of its own.
///
/// Every wait of the script ends after 10 s.
final class ScriptedServer<Outcome: Sendable>: Sendable {
    private struct State {
        var result: Result<Outcome, any Error>?
        var waiter: CheckedContinuation<Outcome, any Error>?
    }

    let port: UInt16
    private let state = Mutex(State())
    private let milestones = AsyncStream<Void>.makeStream()

    init(_ script: @escaping @Sendable (RawPeer) throws -> Outcome) throws {
        let listener = try LoopbackListener.any()
        port = listener.address.port
        NamedThread.start("script") { [self] in
            let result = Result {
                defer { listener.close() }
                let peer = try RawPeer(acceptingFrom: listener.descriptor)
                peer.reachedMilestone = { [self] in milestones.continuation.yield() }
                return try script(peer)
            }
            milestones.continuation.finish()
            let waiter = state.withLock { state in
                state.result = result
                return state.waiter.take()
            }
            waiter?.resume(with: result)
        }
    }

    var url: String { "ws://127.0.0.1:\(port)/ws" }

    /// Waits until the script has called `reachedMilestone`, or ended.
    func milestone() async {
        var iterator = milestones.stream.makeAsyncIterator()
        await iterator.next()
    }

    /// What the script returned, when it is at its end.
    func outcome() async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiter = continuation }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

extension LoopbackListener {
    /// On a free port of IPv4.
    static func any(backlog: Int32 = 16) throws -> LoopbackListener {
        try LoopbackListener(LoopbackAddress(port: 0), backlog: backlog)
    }

    /// A port of this machine that nobody listens on.
    static func unusedPort() throws -> UInt16 {
        let listener = try any()
        defer { listener.close() }
        return listener.address.port
    }
}

/// The server's end of one connection, for calls that wait.
final class RawPeer {
    struct Ended: Error {}

    /// One frame of the client's, unmasked.
    struct Frame: Sendable, Equatable {
        var opcode: UInt8
        var payload: [UInt8]

        /// Of a close frame.
        var code: UInt16? {
            payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1])
        }
    }

    let descriptor: Int32
    fileprivate(set) var reachedMilestone: () -> Void = {}
    private var buffer: [UInt8] = []

    init(acceptingFrom listener: Int32) throws {
        var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, Int32(patience.components.seconds) * 1_000) == 1 else {
            throw Ended()
        }
        descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { throw SystemError.last }
        var limit = patience.timeval
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw SystemError.last }
            rest = rest.dropFirst(sent)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// The request, up to its empty line.
    func head() throws -> String {
        while true {
            if let end = buffer.firstRange(of: [13, 10, 13, 10]) {
                defer { buffer.removeSubrange(..<end.upperBound) }
                return String(decoding: buffer[..<end.upperBound], as: UTF8.self)
            }
            try fill()
        }
    }

    /// Reads the request and accepts it.
    @discardableResult
    func upgrade(_ extra: String = "", behind bytes: [UInt8] = []) throws -> String {
        let head = try head()
        try send(Array(Self.acceptance(of: head, extra).utf8) + bytes)
        return head
    }

    static func acceptance(of head: String, _ extra: String = "") -> String {
        let line = head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }
        let key = AcceptKey.of(String(line?.dropFirst(19) ?? ""))
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Accept: \(key)\r\n\(extra)\r\n"
    }

    func frame() throws -> Frame {
        func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 << 8 | Int(buffer[$1]) } }
        try fill(to: 2)
        let short = Int(buffer[1] & 0x7f)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        try fill(to: 6 + lengthBytes)
        let count = lengthBytes == 0 ? short : number(2..<2 + lengthBytes)
        let start = 6 + lengthBytes
        try fill(to: start + count)
        guard buffer[1] & 0x80 != 0 else { throw Ended() }
        let mask = Array(buffer[start - 4..<start])
        let payload = (0..<count).map { buffer[start + $0] ^ mask[$0 & 3] }
        defer { buffer.removeSubrange(..<(start + count)) }
        return Frame(opcode: buffer[0] & 0x0f, payload: payload)
    }

    /// Reads until the client has closed the connection.
    /// - Returns: the bytes that came.
    @discardableResult
    func end() throws -> Int {
        var count = 0
        while true {
            do { try fill() } catch is Ended { return count }
            count += buffer.count
            buffer = []
        }
    }

    private func fill(to count: Int) throws {
        while buffer.count < count { try fill() }
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var count = -1
        repeat {
            count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            // A pause of the whole process interrupts a read that has a limit.
        } while count < 0 && errno == EINTR
        if count < 0 { throw SystemError.last }
        guard count > 0 else { throw Ended() }
        buffer += chunk[..<count]
    }
}

/// Lets a script wait for its test.
final class Gate: Sendable {
    private let input: Int32
    private let output: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw SystemError.last }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, input) = (ends[0], ends[1])
    }

    deinit {
        close(input)
        close(output)
    }

    func open() { _ = unsafe write(input, [1], 1) }

    func pass() throws {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, Int32(patience.components.seconds) * 1_000) == 1 else {
            throw RawPeer.Ended()
        }
    }
}

/// A frame of a server, final unless said otherwise.
func serverFrame(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
    var frame: [UInt8] = []
    Frame.appendText(payload, to: &frame)
    frame[0] = (isFinal ? 0x80 : 0) | opcode
    return frame
}

func closeFrame(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    var frame: [UInt8] = []
    Frame.appendClose(code: code, reason: reason, to: &frame)
    return frame
}
