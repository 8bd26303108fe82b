import EventLoop
import Glibc
import IPC
import Logging
import Protocol
import System

/// A hub's end of the socket in a directory of its own, and links to it, on one loop.
final class World {
    let loop: EventLoop
    let path: String
    let hub: HubEnd
    private let directory: String

    init(
        trustedUsers: Set<uid_t> = [geteuid()], maximumQueueBytes: Int = 64 * 1024 * 1024
    ) throws {
        loop = try EventLoop()
        var template = Array("/tmp/swb-ipc-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError.last }
        directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(directory)/hub.sock"
        hub = HubEnd(
            try IPCListener(
                loop: loop, path: path, trustedUsers: trustedUsers,
                maximumQueueBytes: maximumQueueBytes))
    }

    deinit {
        hub.listener.close()
        _ = unsafe rmdir(directory)
    }

    func link() -> HubLink {
        HubLink(
            loop: loop, path: path, hello: Hello(role: .cli, name: "cli", processID: 1),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Runs the loop until the condition holds; gives up after 10 s, and the test's own
    /// expectations then say what is missing.
    func run(until condition: @escaping () -> Bool) {
        let check = loop.atEndOfIteration { [loop] in if condition() { loop.stop() } }
        let deadline = loop.schedule(after: .seconds(10)) { [loop] in loop.stop() }
        if !condition() { loop.run() }
        check.cancel()
        deadline.cancel()
    }

    func connectRaw() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError.last }
        return descriptor
    }
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
