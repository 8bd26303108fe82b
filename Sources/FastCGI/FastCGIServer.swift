import EventLoop
import Glibc
import Synchronization
import System

/// Takes a web server's FastCGI connections on the loop, and gives whole requests to threads.
///
/// A connection that has not sent a whole request costs a descriptor and its bytes, never a thread.
/// Confined to the loop's thread, but for ``next()``.
public final class FastCGIServer {
    /// How a connection ended that was not answered; called on the loop's thread.
    public var onRefusal: ((FastCGIRefusal) -> Void)?
    /// There are as many connections as there may be; called on the loop's thread.
    public var onFull: (() -> Void)?
    /// The socket's file, removed at the end.
    public var path: String { listener.path }

    /// Connections at once, read, waiting and answered: more wait in the kernel's backlog.
    static let mostConnections = 512
    /// What the bodies of all of them may take; twice the threads are let in anyway.
    static let maximumBodiesBytes = 256 << 20
    /// How long one request may take to arrive, and its answer to be taken.
    public static let peerTimeout: Duration = .seconds(10)
    /// What is left to a request that is arriving when the process is about to end.
    private static let lastPatience: Duration = .seconds(2)
    private static let pauseWithoutMemory: Duration = .milliseconds(50)

    private let loop: EventLoop
    private let listener: UnixListener
    private let limits: FastCGILimits
    private let timeout: Duration
    private let threads: Int
    private let maximumConnections: Int
    private let overloaded: () -> CGIOutput
    private let queue = FastCGIQueue()
    private var connections: [Int32: FastCGIConnection] = [:]
    private var returns: Mailbox<Return>?
    private var watcher: DescriptorWatcher?
    private var pause: Timer?
    private var reserve = ReserveDescriptor()
    private var isStopping = false

    /// A connection that comes back from its thread.
    private struct Return: Sendable {
        let descriptor: Int32
        let outcome: FastCGIExchange.Outcome
    }

    /// Listens on a Unix socket, whose file gets `mode`; see ``UnixListener``.
    ///
    /// - Parameters:
    ///   - threads: how many call ``next()``.
    ///   - overloaded: answers a connection for which no descriptor is left.
    public init(
        loop: EventLoop, path: String, backlog: Int32, mode: UInt32, limits: FastCGILimits,
        threads: Int, timeout: Duration = FastCGIServer.peerTimeout,
        overloaded: @escaping () -> CGIOutput
    ) throws(FastCGIError) {
        do throws(UnixSocketError) {
            listener = try UnixListener(path: path, backlog: backlog, mode: mode)
        } catch {
            throw .socket(error)
        }
        self.loop = loop
        self.limits = limits
        self.threads = threads
        maximumConnections = max(
            2 * threads,
            min(Self.mostConnections, Self.maximumBodiesBytes / limits.maximumBodyBytes)
        )
        self.timeout = timeout
        self.overloaded = overloaded
        returns = loop.mailbox(capacity: maximumConnections) { [weak self] returns in
            for each in returns { self?.connections[each.descriptor]?.takeBack(each.outcome) }
        }
        watcher = loop.watch(listener.descriptor, .read) { [weak self] _ in self?.accept() }
    }

    deinit {
        queue.close(threads: threads)
        if watcher != nil { listener.close() }
        reserve.release()
    }

    /// What request threads wait at.
    public var requests: FastCGIRequests { FastCGIRequests(queue: queue) }

    /// Ends accepting; later calls change nothing.
    ///
    /// No new connection reaches the socket, those that wait in its backlog are still answered, then
    /// every `next()` returns nil.
    public func shutdown() {
        guard !isStopping else { return }
        listener.removeFile()
        accept()
        isStopping = true
        watcher?.cancel()
        watcher = nil
        pause?.cancel()
        listener.close()
        for connection in connections.values { connection.hurry(Self.lastPatience) }
        endIfIdle()
    }

    private func endIfIdle() {
        if isStopping, connections.isEmpty { queue.close(threads: threads) }
    }
}

// MARK: - Connections

extension FastCGIServer {
    private func accept() {
        while connections.count < maximumConnections {
            do throws(SystemError) {
                open(try UnixSocket.accept(from: listener.descriptor))
            } catch {
                switch error.number {
                case EAGAIN: return
                case ECONNABORTED, EINTR: continue
                case _ where ReserveDescriptor.isFor(error): guard refuseOne() else { return }
                default: return pauseAccepting()
                }
            }
        }
        watcher?.interest = []
        onFull?()
    }

    private func open(_ descriptor: Int32) {
        connections[descriptor] = FastCGIConnection(
            descriptor, loop: loop, limits: limits, limit: timeout
        ) { [weak self] request in
            self?.give(request, of: descriptor)
        } ended: { [weak self] refusal in
            self?.ended(descriptor, refusal)
        }
    }

    private func give(_ request: FastCGIRequest, of descriptor: Int32) {
        queue.add(
            FastCGIExchange(request, on: descriptor) { [returns] outcome in
                // There is room for one return a connection; a closed loop closes its descriptors.
                _ = returns?.post(Return(descriptor: descriptor, outcome: outcome))
            })
    }

    private func ended(_ descriptor: Int32, _ refusal: FastCGIRefusal?) {
        connections[descriptor] = nil
        if let refusal { onRefusal?(refusal) }
        if pause?.isActive != true { watcher?.interest = .read }
        endIfIdle()
    }

    /// Of a web server's connections request 1 is the only one (nginx knows no other).
    private func refuseOne() -> Bool {
        let answer = FastCGIRecord.answer(1, overloaded().bytes)
        guard reserve.refuseOne(at: listener.descriptor, answer) else {
            pauseAccepting()
            return false
        }
        onRefusal?(.noDescriptors)
        return true
    }

    /// No memory: the connection stays in the backlog, so asking again at once would spin.
    private func pauseAccepting() {
        watcher?.interest = []
        pause = loop.schedule(after: Self.pauseWithoutMemory) { [weak self] in
            self?.watcher?.interest = .read
        }
    }
}

/// The threads' end of a ``FastCGIServer``.
public struct FastCGIRequests: Sendable {
    let queue: FastCGIQueue

    /// The next whole request, blocking; nil after the server's shutdown.
    public func next() -> FastCGIExchange? { queue.next() }
}
