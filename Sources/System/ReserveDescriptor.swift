import Glibc

/// A descriptor kept for the moment in which a process has none left.
///
/// A connection that cannot be accepted for want of descriptors stays in the backlog and keeps the
/// listening socket readable: the process would spin, and the client wait for nothing. With the
/// reserve it is accepted, told, and closed.
public struct ReserveDescriptor {
    private var descriptor: Int32

    public init() { descriptor = Self.open() }

    /// Whether this error of `accept` is one that the reserve is for.
    public static func isFor(_ error: SystemError) -> Bool {
        error.number == EMFILE || error.number == ENFILE
    }

    /// Accepts one connection in place of the reserve, sends `answer` as far as it is taken at once,
    /// and closes it.
    ///
    /// - Returns: whether there was one; false too where others took the descriptor meanwhile.
    public mutating func refuseOne(at listener: Int32, _ answer: [UInt8]) -> Bool {
        if descriptor >= 0 { close(descriptor) }
        defer { descriptor = Self.open() }
        do throws(SystemError) {
            let refused = try UnixSocket.accept(from: listener)
            // What stays unread would make the close a reset, which can overtake the answer.
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while unsafe recv(refused, &buffer, buffer.count, 0) > 0 {}
            _ = unsafe send(refused, answer, answer.count, Int32(MSG_NOSIGNAL))
            close(refused)
            return true
        } catch {
            return false
        }
    }

    /// Gives the reserve back, for good.
    public mutating func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private static func open() -> Int32 { unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
