/// Bytes that wait for one slow client: whole frames, except that the first may have begun.
///
/// First in, first out; the owner bounds it. Taking bytes out moves nothing until half is gone.
package struct OutboundQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    package init() {}

    package var count: Int { bytes.count - head }
    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ frames: Span<UInt8>) {
        bytes.reserveCapacity(bytes.count + frames.count)
        unsafe frames.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Calls `body` with at most `maximum` of the oldest bytes, and drops as many as it took.
    package mutating func consume(upTo maximum: Int, _ body: (Span<UInt8>) -> Int) -> Int {
        let end = head + min(maximum, count)
        let taken = body(bytes.span.extracting(head..<end))
        head += taken
        if head == bytes.count {
            removeAll()
        } else if head > bytes.count / 2 {
            bytes.removeSubrange(..<head)
            head = 0
        }
        return taken
    }

    /// Frees the memory too: most connections are fast, and need none.
    package mutating func removeAll() {
        bytes = []
        head = 0
    }
}
