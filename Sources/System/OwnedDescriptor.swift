import CLinux
import Glibc

/// A descriptor that is closed with its last reference; from any thread.
package final class OwnedDescriptor: Sendable {
    /// Open as long as this object lives.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(_ number: Int32) {
        precondition(number >= 0, "a descriptor to own must be open")
        self.number = number
    }

    deinit { close(number) }

    /// Both ends of a pipe, closed on exec, with numbers that no child's own descriptors have.
    package static func pipe() throws(SystemFailure) -> (
        read: OwnedDescriptor, write: OwnedDescriptor
    ) {
        var ends: [Int32] = [-1, -1]
        guard unsafe switchboard_pipe2(&ends, O_CLOEXEC) == 0 else {
            throw SystemFailure("making a pipe", errno)
        }
        let low = (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
        return (try low.0.raised(), try low.1.raised())
    }

    private func raised() throws(SystemFailure) -> OwnedDescriptor { try copied(above: 10) }

    /// The same open file under a number from `minimum` up, closed on exec.
    package func copied(above minimum: Int32) throws(SystemFailure) -> OwnedDescriptor {
        let number = fcntl(number, switchboard_F_DUPFD_CLOEXEC, minimum)
        guard number >= 0 else { throw SystemFailure("copying a descriptor", errno) }
        return OwnedDescriptor(number)
    }

    /// Reads and writes answer `EAGAIN` instead of waiting.
    package func setNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Writes what a pipe takes at once: a few bytes into an empty one.
    package func writeOnce(_ bytes: [UInt8]) -> Bool {
        unsafe write(number, bytes, bytes.count) == bytes.count
    }

    /// What is behind it.
    package func status() throws(SystemFailure) -> stat {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else {
            throw SystemFailure("looking at an open file", errno)
        }
        return status
    }

    /// The path by which the kernel knows what is behind it; ends in ` (deleted)` if that is gone.
    package func path() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A call to the system that failed.
package struct SystemFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, such as `opening src/a.swift`.
    package let action: String
    package let number: Int32

    package init(_ action: String, _ number: Int32) {
        self.action = action
        self.number = number
    }

    package var description: String { "\(action) failed: \(Self.reason(number))" }

    /// The C library's words for an `errno`.
    package static func reason(_ number: Int32) -> String { "\(SystemError(number))" }
}
