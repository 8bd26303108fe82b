import EventLoop
import Glibc
import IPC
import Logging
import Protocol
import TestSupport

/// A hub's end of the socket in a directory of its own, and links to it, on one loop.
final class World {
    let loop: EventLoop
    let path: String
    let hub: HubEnd
    private let directory: TemporaryDirectory

    init(
        trustedUsers: Set<uid_t> = [geteuid()], maximumQueueBytes: Int = 64 * 1024 * 1024
    ) throws {
        loop = try EventLoop()
        directory = try TemporaryDirectory()
        path = directory.file("hub.sock")
        hub = HubEnd(
            try IPCListener(
                loop: loop, door: .commandLine, path: path, trustedUsers: trustedUsers,
                maximumQueueBytes: maximumQueueBytes))
    }

    deinit { hub.listener.close() }

    func link() -> HubLink {
        HubLink(
            loop: loop, path: path, hello: Hello(role: .cli, name: "cli", processID: 1),
            logger: .silent)
    }

    /// Runs the loop until the condition holds; gives up after 10 s, and the test's own
    /// expectations then say what is missing.
    func run(until condition: @escaping () -> Bool) {
        loop.run(until: condition)
    }

    func connectRaw() throws -> Int32 { try BlockingSocket.connect(to: path) }
}

/// Greets every peer, keeps the last one, and records what happened.
final class HubEnd {
    let listener: IPCListener
    var onMessage: ((PeerMessage) -> Void)?
    private(set) var refusals: [IPCEnd] = []
    private(set) var ends: [IPCEnd] = []
    private var peer: IPCConnection?

    var isConnected: Bool { peer != nil }

    init(_ listener: IPCListener) {
        self.listener = listener
        listener.onRefusal = { [unowned self] in refusals.append($0) }
        listener.onPeer = { [unowned self] _, connection in admit(connection) }
    }

    func send(_ message: HubMessage) {
        peer?.send(message.envelope)
        peer?.flush()
    }

    func disconnect() { peer?.close() }

    private func admit(_ connection: IPCConnection) {
        peer = connection
        connection.onEnd = { [unowned self] reason in
            ends.append(reason)
            peer = nil
        }
        connection.onMessage = { [unowned self] envelope in
            guard let message = try? PeerMessage(envelope) else {  // a test's own peers are sound
                return connection.close(.outOfTurn("a malformed message"))
            }
            onMessage?(message)
        }
        send(.welcome(Welcome(instance: "test", generations: Generations(config: 0, theme: 0))))
    }
}
