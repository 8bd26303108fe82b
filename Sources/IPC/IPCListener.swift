import EventLoop
import Glibc
import Protocol
import System

/// One door of the hub: accepts processes of trusted users, and hands over each one once it has
/// said which of the door's roles it has.
public final class IPCListener {
    /// A peer that passed the checks.
    ///
    /// From then on its connection is the owner's.
    public var onPeer: ((Hello, IPCConnection) -> Void)?
    /// A peer that did not; already closed.
    public var onRefusal: ((IPCEnd) -> Void)?

    private let loop: EventLoop
    private let door: Door
    private let listener: UnixListener
    private let trustedUsers: Set<uid_t>
    private let maximumQueueBytes: Int
    private var watcher: DescriptorWatcher?
    private var retry: Timer?
    private var greeting: [ObjectIdentifier: (connection: IPCConnection, deadline: Timer)] = [:]

    /// 128 connections that have not said hello; more are refused until some have.
    private static let maximumGreeting = 128
    /// A local process needs microseconds.
    private static let helloDeadline: Duration = .seconds(5)
    private static let pauseAfterError: Duration = .milliseconds(100)

    /// Listens at once.
    ///
    /// - Parameters:
    ///   - trustedUsers: who may connect; the kernel tells who a peer is.
    ///   - mode: of the socket's file, which must hold as well.
    public init(
        loop: EventLoop, door: Door, path: String, trustedUsers: Set<uid_t>,
        mode: mode_t = 0o600, maximumQueueBytes: Int
    ) throws(UnixSocketError) {
        self.loop = loop
        self.door = door
        self.trustedUsers = trustedUsers
        self.maximumQueueBytes = maximumQueueBytes
        listener = try UnixListener(path: path, backlog: 128, mode: mode)
        watcher = loop.watch(listener.descriptor, .read) { [weak self] _ in self?.acceptReady() }
    }

    /// Stops accepting and removes the socket; peers stay.
    public func close() {
        guard watcher != nil else { return }
        watcher?.cancel()
        watcher = nil
        retry?.cancel()
        listener.removeFile()
        listener.close()
        for (_, entry) in greeting { entry.connection.close() }
        greeting = [:]
    }

    deinit { close() }

    private func acceptReady() {
        while watcher != nil {
            do throws(SystemError) {
                admit(try UnixSocket.accept(from: listener.descriptor))
            } catch {
                switch error.number {
                case EAGAIN: return
                case ECONNABORTED, EINTR: continue
                default: return pauseAfterError()
                }
            }
        }
    }

    /// No descriptors or memory: the peer stays in the backlog, so asking again at once would spin.
    private func pauseAfterError() {
        watcher?.interest = []
        retry = loop.schedule(after: Self.pauseAfterError) { [weak self] in
            self?.watcher?.interest = .read
        }
    }

    private func admit(_ accepted: Int32) {
        let user = UnixSocket.peerUser(of: accepted)
        guard let user, trustedUsers.contains(user), greeting.count < Self.maximumGreeting else {
            Glibc.close(accepted)
            onRefusal?(user.map { .foreignUser(uid: $0) } ?? .closedByPeer)
            return
        }
        let connection = IPCConnection(
            loop: loop, descriptor: accepted, maximumQueueBytes: maximumQueueBytes)
        connection.maximumMessageBytes = Hello.maximumBytes
        connection.peerProcess = UnixSocket.peerProcess(of: accepted)
        let key = ObjectIdentifier(connection)
        let deadline = loop.schedule(after: Self.helloDeadline) { [weak self] in
            self?.refuse(key, .tooLate("hello"))
        }
        greeting[key] = (connection, deadline)
        connection.onMessage = { [weak self] envelope in self?.greeted(key, envelope) }
        connection.onEnd = { [weak self] reason in
            self?.greeting[key] = nil
            self?.onRefusal?(reason)
        }
    }

    private func greeted(_ key: ObjectIdentifier, _ envelope: Envelope) {
        let hello: Hello
        do throws(WireError) {
            hello = try Hello(envelope)
        } catch {
            return refuse(key, .malformed(error))
        }
        guard hello.role.door == door else { return refuse(key, .wrongDoor(hello.role, door)) }
        guard let entry = greeting.removeValue(forKey: key) else { return }
        entry.deadline.cancel()
        entry.connection.onMessage = nil
        entry.connection.onEnd = nil
        entry.connection.maximumMessageBytes = Envelope.maximumBytes
        onPeer?(hello, entry.connection)
    }

    private func refuse(_ key: ObjectIdentifier, _ reason: IPCEnd) {
        greeting[key]?.connection.close(reason)
    }
}
