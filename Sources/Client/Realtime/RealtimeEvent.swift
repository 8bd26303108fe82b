/// What happens to a client as a whole.
public enum RealtimeEvent: Sendable {
    case state(ConnectionState)
    /// Something failed that nobody waits for; the client goes on.
    case error(RealtimeError)
    /// Every message of the server as it came, in UTF-8 JSON, before anybody else is told.
    case message([UInt8])
}

/// Sequences that are told the same, each with a bounded buffer.
///
/// Confined to its client.
struct Broadcast<Element: Sendable> {
    private var continuations: [AsyncStream<Element>.Continuation] = []

    var isHeard: Bool { !continuations.isEmpty }

    /// Of a reader that is slower than what happens, the oldest elements are dropped.
    mutating func stream(keeping maximum: Int) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream<Element>.makeStream(
            bufferingPolicy: .bufferingNewest(maximum))
        continuations.append(continuation)
        return stream
    }

    mutating func send(_ element: Element) {
        continuations.removeAll { continuation in
            if case .terminated = continuation.yield(element) { true } else { false }
        }
    }

    func finish() { for continuation in continuations { continuation.finish() } }
}
