import Glibc
import Synchronization

/// A whole request in the hands of a thread, and the way back of its answer.
///
/// The thread never waits for the web server: what the socket does not take at once, the loop sends.
public final class FastCGIExchange: Sendable {
    /// How the thread leaves the connection to the loop.
    enum Outcome: Equatable, Sendable {
        case answered
        /// The rest of the answer.
        case unsent([UInt8])
    }

    public let request: FastCGIRequest
    private let descriptor: Int32
    private let done: @Sendable (Outcome) -> Void
    private let isAnswered = Mutex(false)

    /// - Parameters:
    ///   - descriptor: open and non-blocking until `done` was called.
    ///   - done: called exactly once, on the answering thread.
    init(
        _ request: FastCGIRequest, on descriptor: Int32, done: @escaping @Sendable (Outcome) -> Void
    ) {
        self.request = request
        self.descriptor = descriptor
        self.done = done
    }

    deinit { if !isAnswered.withLock({ $0 }) { done(.answered) } }

    /// Answers; call it once, from any thread.
    public func answer(_ output: CGIOutput) {
        let isFirst = isAnswered.withLock { isAnswered in
            defer { isAnswered = true }
            return !isAnswered
        }
        precondition(isFirst, "a request is answered once")
        let bytes = FastCGIRecord.answer(request.id, output.bytes)
        let rest = Self.send(bytes[...], on: descriptor)
        done(rest.map { $0.isEmpty ? .answered : .unsent(Array($0)) } ?? .answered)
    }

    /// Sends as much as the socket takes.
    ///
    /// - Returns: the rest; nil where the web server is gone.
    static func send(_ bytes: ArraySlice<UInt8>, on descriptor: Int32) -> ArraySlice<UInt8>? {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            switch (count, errno) {
            case (0..., _): rest = rest.dropFirst(count)
            case (_, EINTR): continue
            case (_, EAGAIN): return rest
            default: return nil
            }
        }
        return rest
    }
}
