import EventLoop
import Glibc
import System

/// A bound, listening socket of the process, watched for clients.
///
/// Confined to the loop's thread.
///
/// Our own and not libwebsockets', which knows no mode for a Unix socket, does not replace a stale
/// one, and spins when descriptors run out.
final class ListeningSocket {
    /// Accepted at once at most, so that a flood of clients does not keep the loop from the others.
    private static let acceptsPerRound = 64
    private static let backlog: Int32 = 1024
    private static let pauseAfterError = Duration.milliseconds(100)

    /// The TCP port; 0 for a Unix socket.
    let port: UInt16
    private let descriptor: Int32
    /// Nil on loopback.
    private let unixListener: UnixListener?
    private let loop: EventLoop
    private let accepted: (Int32) -> Void
    private let overloaded: () -> [UInt8]
    private var watcher: DescriptorWatcher?
    private var retry: Timer?
    private var reserve = ReserveDescriptor()

    /// - Parameters:
    ///   - accepted: gets each client's socket and owns it.
    ///   - overloaded: the answer to a client for whom no descriptor is left.
    init(
        loop: EventLoop, unixSocket path: String, mode: UInt32,
        accepted: @escaping (Int32) -> Void, overloaded: @escaping () -> [UInt8]
    ) throws(UnixSocketError) {
        self.loop = loop
        self.accepted = accepted
        self.overloaded = overloaded
        let listener = try UnixListener(path: path, backlog: Self.backlog, mode: mode)
        unixListener = listener
        port = 0
        descriptor = listener.descriptor
        watch()
    }

    /// Listens on 127.0.0.1; port 0 takes a free one.
    init(
        loop: EventLoop, loopbackPort: UInt16, accepted: @escaping (Int32) -> Void,
        overloaded: @escaping () -> [UInt8]
    ) throws(LoopbackError) {
        self.loop = loop
        self.accepted = accepted
        self.overloaded = overloaded
        unixListener = nil
        let listener = try LoopbackListener(
            LoopbackAddress(port: loopbackPort), backlog: Self.backlog)
        port = listener.address.port
        descriptor = listener.descriptor
        watch()
    }

    /// While false, clients wait in the kernel's backlog.
    var isAccepting = true {
        didSet { updateInterest() }
    }

    private var isPaused: Bool { retry?.isActive == true }

    private func updateInterest() {
        watcher?.interest = isAccepting && !isPaused ? .read : []
    }

    /// Refuses further clients and removes the socket's file, if it is still ours.
    func close() {
        guard watcher != nil else { return }
        watcher = nil
        retry = nil
        reserve.release()
        _ = Glibc.close(descriptor)
        unixListener?.removeFile()
    }

    private func watch() {
        watcher = loop.watch(descriptor, .read) { [weak self] _ in self?.accept() }
    }

    private func accept() {
        for _ in 0..<Self.acceptsPerRound where isAccepting && !isPaused {
            do throws(SystemError) {
                accepted(try UnixSocket.accept(from: descriptor))
            } catch {
                switch error.number {
                case EAGAIN: return
                case ECONNABORTED, EINTR: continue
                case _ where ReserveDescriptor.isFor(error):
                    if !reserve.refuseOne(at: descriptor, overloaded()) { pauseAfterError() }
                default: return pauseAfterError()
                }
            }
        }
    }

    /// No memory, or not even the reserve: the client stays in the backlog, so asking again at once
    /// would spin.
    private func pauseAfterError() {
        retry = loop.schedule(after: Self.pauseAfterError) { [weak self] in
            self?.updateInterest()
        }
        updateInterest()
    }
}
