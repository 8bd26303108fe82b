import EventLoop
import Glibc
import System

/// Why the demo model cannot listen.
public struct DemoModelError: Error, Sendable, Equatable, CustomStringConvertible {
    public let action: String
    public let port: UInt16
    public let reason: SystemError

    public var description: String {
        "could not \(action) at 127.0.0.1:\(port): \(reason)"
            + (reason.number == EADDRINUSE ? "; choose another port" : "")
    }
}

/// Accepts TCP connections on 127.0.0.1, on an event loop.
@safe final class LoopbackListener {
    private let descriptor: Int32
    private var watcher: DescriptorWatcher?
    let port: UInt16

    /// Port 0 takes a free one.
    ///
    /// `accepted` owns the descriptor it is given, which does not block.
    init(
        loop: EventLoop, port: UInt16, accepted: @escaping (Int32) -> Void
    ) throws(DemoModelError) {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, flags, 0)
        guard descriptor >= 0 else {
            throw DemoModelError(action: "open a socket", port: port, reason: .last)
        }
        var isOn: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        guard Self.bind(descriptor, port) == 0, listen(descriptor, 1_024) == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw DemoModelError(action: "listen", port: port, reason: error)
        }
        self.descriptor = descriptor
        self.port = Self.port(of: descriptor)
        watcher = loop.watch(descriptor, .read) { _ in
            while let connection = Self.accept(descriptor) { accepted(connection) }
        }
    }

    deinit {
        watcher?.cancel()
        close(descriptor)
    }

    /// Nil when nobody waits any more.
    private static func accept(_ listener: Int32) -> Int32? {
        // An error is the end of what waits, or of a client that left again.
        guard let connection = try? UnixSocket.accept(from: listener) else { return nil }
        var isOn: Int32 = 1
        // Each event is a packet of its own, as from the real endpoint.
        _ = unsafe setsockopt(
            connection, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn,
            socklen_t(MemoryLayout<Int32>.size))
        return connection
    }

    private static func bind(_ descriptor: Int32, _ port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return unsafe withSocketAddress(address) { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(descriptor, pointer, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
