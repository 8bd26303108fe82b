import EventLoop
import Glibc

/// One web server's connection on the loop: reads a request, lends itself to a thread, and sends
/// what the thread could not.
///
/// Confined to the loop's thread; it owns the descriptor.
final class FastCGIConnection {
    /// Answers to questions about the server that may wait for the peer to read.
    private static let maximumUnsentBytes = 16_384
    private static let chunkBytes = 65_536

    let descriptor: Int32
    private var reader: FastCGIRequestReader
    private var unsent: ArraySlice<UInt8> = []
    private var watcher: DescriptorWatcher?
    private var deadline: Timer?
    private let loop: EventLoop
    private let limit: Duration
    private let delivered: (FastCGIRequest) -> Void
    private let ended: (FastCGIRefusal?) -> Void

    /// - Parameters:
    ///   - limit: how long the whole request may take, and then its answer's way out.
    ///   - delivered: called once at most, with a request that is whole.
    ///   - ended: called once, when it is closed.
    init(
        _ descriptor: Int32, loop: EventLoop, limits: FastCGILimits, limit: Duration,
        delivered: @escaping (FastCGIRequest) -> Void,
        ended: @escaping (FastCGIRefusal?) -> Void
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.limit = limit
        self.delivered = delivered
        self.ended = ended
        reader = FastCGIRequestReader(limits: limits)
        watcher = loop.watch(descriptor, .read) { [weak self] ready in self?.isReady(ready) }
        startDeadline()
    }

    private func startDeadline() {
        deadline = loop.schedule(after: limit) { [weak self] in
            if let self { close(.timedOut(limit)) }
        }
    }

    deinit { if watcher != nil { Glibc.close(descriptor) } }

    var isReading: Bool { watcher?.interest.contains(.read) == true }

    /// The process is about to end: what is not whole by then never will be.
    func hurry(_ limit: Duration) {
        if isReading { deadline?.reschedule(after: limit) }
    }

    /// The thread is done with it.
    func takeBack(_ outcome: FastCGIExchange.Outcome) {
        guard case .unsent(let rest) = outcome else { return close(nil) }
        unsent += rest
        watcher?.interest = .write
        startDeadline()
    }

    func close(_ refusal: FastCGIRefusal?) {
        guard let watcher else { return }
        watcher.cancel()
        self.watcher = nil
        deadline?.cancel()
        Glibc.close(descriptor)
        ended(refusal)
    }

    private func isReady(_ ready: Interest) {
        if ready.contains(.write) { flush() }
        if ready.contains(.read), isReading { read() }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { close(.left) }
            return
        }
        for action in reader.receive(buffer[..<count]) { perform(action) }
    }

    private func perform(_ action: FastCGIRequestReader.Action) {
        switch action {
        case .send(let bytes):
            unsent += bytes
            flush()
            if unsent.count > Self.maximumUnsentBytes { close(.unread) }
        case .deliver(let request):
            guard unsent.isEmpty else { return close(.unread) }
            watcher?.interest = []
            deadline?.cancel()
            delivered(request)
        case .close(let refusal): close(refusal)
        }
    }

    private func flush() {
        guard watcher != nil else { return }
        guard let rest = FastCGIExchange.send(unsent, on: descriptor) else { return close(.left) }
        unsent = rest
        if isReading {
            watcher?.interest = rest.isEmpty ? .read : [.read, .write]
        } else if rest.isEmpty {
            close(nil)
        }
    }
}
