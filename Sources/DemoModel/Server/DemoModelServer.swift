import EventLoop
import Glibc
import System

/// A model for offline use: speaks the Messages API on 127.0.0.1 and plays a scripted conversation.
///
/// Confined to the loop's thread; lives until released. It is no model and says so in its answers:
/// everything around it is the real thing. The script follows the conversation, and words such as
/// `demo:error 529` in a prompt make it misbehave (``MagicWord`` lists them).
public final class DemoModelServer {
    /// More at a time are closed as they come.
    public static let maximumConnections = 2_000

    private let loop: EventLoop
    private let pace: Duration
    private let listener: LoopbackListener
    private var watcher: DescriptorWatcher?
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var model: DemoModel

    /// Listens at once; port 0 takes a free one.
    ///
    /// `pace` is the time from token to token, zero for as fast as possible.
    public init(
        loop: EventLoop, port: UInt16 = 0, pace: Duration = .zero
    ) throws(LoopbackError) {
        self.loop = loop
        self.pace = pace
        model = DemoModel(pace: pace)
        listener = try LoopbackListener(LoopbackAddress(port: port), backlog: 1_024)
        watcher = loop.watch(listener.descriptor, .read) { [unowned self] _ in
            // An error is the end of what waits, or of a client that left again.
            while let descriptor = try? UnixSocket.accept(from: listener.descriptor) {
                accept(descriptor)
            }
        }
    }

    deinit {
        watcher?.cancel()
        listener.close()
        for connection in connections.values { connection.close() }
    }

    public var port: UInt16 { listener.address.port }
    /// What `ANTHROPIC_BASE_URL` is to be.
    public var baseURL: String { "http://127.0.0.1:\(port)" }
    public var connectionCount: Int { connections.count }
    /// Answers that are being streamed.
    public var streamCount: Int { connections.values.count { $0.isStreaming } }

    private func accept(_ descriptor: Int32) {
        var identifier: ObjectIdentifier?
        let connection = Connection(
            loop: loop, descriptor: descriptor,
            answer: { [unowned self] request in model.answer(request) },
            closed: { [weak self] in
                if let identifier { self?.connections[identifier] = nil }
            })
        guard connections.count < Self.maximumConnections else { return connection.close() }
        identifier = ObjectIdentifier(connection)
        connections[ObjectIdentifier(connection)] = connection
    }
}
