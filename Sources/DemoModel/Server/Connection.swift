import EventLoop
import Glibc
import JSON

/// One client's connection: requests one after the other, each answer at its own pace.
///
/// Reading goes on during an answer, so that a client that has gone ends it at once.
final class Connection {
    /// A performance waits above this many bytes that the client has not taken.
    static let maximumOutboundBytes = 256 * 1024

    private let loop: EventLoop
    private let descriptor: Int32
    private let answer: (HTTPServerRequest) -> Answer
    private let closed: () -> Void
    private var watcher: DescriptorWatcher?
    private var timer: Timer?
    private var parser = RequestParser()
    private var outbound: [UInt8] = []
    private var performance: Performance?
    private var keepsConnection = true
    /// The performance stopped because the client takes too little.
    private var waitsForRoom = false
    /// Closed as soon as everything is sent.
    private var isEnding = false
    private var isClosed = false

    /// Takes over the descriptor.
    ///
    /// `closed` is called once, when the other side has gone or was left.
    init(
        loop: EventLoop, descriptor: Int32, answer: @escaping (HTTPServerRequest) -> Answer,
        closed: @escaping () -> Void
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.answer = answer
        self.closed = closed
        watcher = loop.watch(descriptor, .read) { [unowned self] ready in isReady(ready) }
    }

    deinit { if !isClosed { Glibc.close(descriptor) } }

    /// Whether an answer is being streamed.
    var isStreaming: Bool { performance != nil }

    private func isReady(_ ready: Interest) {
        if ready.contains(.write) {
            flush()
            if waitsForRoom { perform() }
        }
        if ready.contains(.read), !isClosed { read() }
    }

    private func read() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count > 0 else { return close() }
        parser.append(chunk[..<count])
        takeRequests()
    }

    private func takeRequests() {
        while performance == nil && !isClosed {
            switch parser.next() {
            case .needsMore: return
            case .wantsContinue: send(ResponseText.goOn)
            case .refused(let status, let reason):
                keepsConnection = false
                begin(.error(status: status, message: reason))
            case .request(let request):
                keepsConnection = request.keepsConnection
                begin(answer(request))
            }
        }
    }

    private func begin(_ answer: Answer) {
        let connection = ("connection", keepsConnection ? "keep-alive" : "close")
        switch answer {
        case .whole(let status, let headers, let body):
            let bytes = body.encoded()
            let length = ("content-length", String(bytes.count))
            send(
                ResponseText.head(
                    status: status,
                    headers: headers + [("content-type", "application/json"), length, connection])
                    + bytes)
            if !keepsConnection { endWhenSent() }
        case .stream(let performance):
            send(
                ResponseText.head(
                    status: 200,
                    headers: performance.headers + [
                        ("content-type", "text/event-stream; charset=utf-8"),
                        ("cache-control", "no-cache"), ("transfer-encoding", "chunked"), connection,
                    ]))
            self.performance = performance
            perform()
        }
    }

    private func perform() {
        while !isClosed {
            waitsForRoom = outbound.count >= Self.maximumOutboundBytes
            guard !waitsForRoom, let step = performance?.next() else { return }
            switch step {
            case .event(let bytes): send(ResponseText.chunk(bytes))
            case .pause(let time):
                timer = loop.schedule(after: time) { [unowned self] in perform() }
                return
            case .silence: return
            case .drop: return close()
            case .end:
                performance = nil
                send(ResponseText.lastChunk)
                if keepsConnection { return takeRequests() } else { return endWhenSent() }
            }
        }
    }

    private func send(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        outbound += bytes
        flush()
    }

    private func flush() {
        let count = unsafe outbound.withUnsafeBytes { buffer in
            unsafe Glibc.send(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
        guard count >= 0 || errno == EAGAIN || errno == EINTR else { return close() }
        outbound.removeFirst(max(0, count))
        watcher?.interest = outbound.isEmpty ? .read : [.read, .write]
        if outbound.isEmpty && isEnding { close() }
    }

    private func endWhenSent() {
        isEnding = true
        if outbound.isEmpty { close() }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        performance = nil
        timer = nil
        watcher?.cancel()
        Glibc.close(descriptor)
        closed()
    }
}
